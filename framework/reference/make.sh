#!/usr/bin/env bash
# Makes the reference, and checks that it contains every public name of the headers. A warning of Doxygen is an error.
#
#   framework/reference/make.sh DOXYGEN DOXYFILE FOLDER    (FOLDER: the output folder that the Doxyfile sets)
#
# The script finds names by the layout of the headers: names of namespace gradflow begin in the first column, members after
# two spaces.
set -euo pipefail
doxygen=${1:?usage: make.sh DOXYGEN DOXYFILE FOLDER} settings=${2:?} folder=${3:?}
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."
rm -rf "$folder/xml" "$folder/html"  # otherwise removed names would still be found
"$doxygen" "$settings"
names=$(find gradflow -name '*.hpp' -print0 | xargs -0 awk '
  FNR == 1 || /^ public:/ || /^}/ { hidden = 0; body = 0 }
  /^namespace (gradflow::)?detail/ { detail = 1 }
  /^}  \/\/ namespace (gradflow::)?detail/ { detail = 0 }
  /^ (private|protected):/ { hidden = 1 }
  body { next }
  /^[A-Za-z].*\) (const )?\{$/ { body = 1 }
  /@cond/ { apart = 1 }
  /@endcond/ { apart = 0 }
  apart || detail || hidden || /operator|~/ || /^ *(\/\/|#|extern|friend|using [A-Za-z_:]*;|static_assert)/ || !/^(  )?[A-Za-z]/ { next }
  { sub(/ *\/\/.*/, ""); gsub(/<[^<>]*>/, ""); gsub(/<[^<>]*>/, "") }
  match($0, /^(  )?(struct|class|enum class) [A-Za-z_0-9]+( final)?( :.*)? *\{/) {
    split(substr($0, RSTART, RLENGTH), word, " ")
    print word[1] == "enum" ? word[3] : word[2]
    next
  }
  match($0, /^(  )?using [A-Za-z_]+ =/) { split(substr($0, RSTART, RLENGTH), word, " "); print word[2]; next }
  match($0, /^(  )?[A-Za-z\[][^(={]*[ &*]~?[a-z_A-Z0-9]+\(/) && !/^ *(return|if|for|while|else|switch|throw)[ (;{]/ {
    name = substr($0, RSTART, RLENGTH - 1)
    sub(/.*[ &*]/, "", name)
    print name
  }' | sort -u)
known=$(grep -rhoE '<(name|compoundname)>[^<]*' "$folder/xml" | sed 's/.*>//; s/.*:://; s/&lt;.*//' | sort -u)
missing=$(comm -23 <(echo "$names") <(echo "$known"))
[[ -z $missing ]] || { echo "reference: public names that are missing:"; echo "$missing"; exit 1; }
echo "reference: all $(wc -l <<<"$names") public names are in $folder/html/index.html"
