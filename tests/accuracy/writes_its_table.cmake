# Tests that the program writes its tables between the marks of a copy of README.md and changes nothing else there.
# Also tests that it does not write into a file without marks.
#   cmake -D program=... -D scratch=FILE -P writes_its_table.cmake
cmake_minimum_required(VERSION 3.25)

set(marked "<!-- measured -->\n.*<!-- end -->\n")
set(sample --every 1000003 --samples 1000)
file(READ ${CMAKE_CURRENT_LIST_DIR}/README.md before)

file(WRITE ${scratch} "${before}")
execute_process(COMMAND ${program} ${sample} --table ${scratch} RESULT_VARIABLE result)
file(READ ${scratch} after)
string(REGEX MATCH "${marked}" tables "${after}")
string(REGEX MATCHALL "\n\\| gelu \\| [0-9]" rows "${tables}")
list(LENGTH rows count)
if(NOT result EQUAL 0 OR NOT count EQUAL 2 OR NOT tables MATCHES "`accuracy --every 1000003 --samples 1000` took")
  message(FATAL_ERROR "${scratch}: got status ${result} and ${count} rows of gelu, expected 0, and one row in the table "
                      "for float and one in the table for double, below the command")
endif()
string(REGEX REPLACE "${marked}" "" before "${before}")
string(REGEX REPLACE "${marked}" "" after "${after}")
if(NOT before STREQUAL after)
  message(FATAL_ERROR "${scratch}: got changes outside the tables, expected that the program writes only the tables")
endif()

file(WRITE ${scratch} "no marks\n")
execute_process(COMMAND ${program} ${sample} --table ${scratch} RESULT_VARIABLE result ERROR_VARIABLE message)
file(READ ${scratch} after)
if(result EQUAL 0 OR NOT message MATCHES "place of the table" OR NOT after STREQUAL "no marks\n")
  message(FATAL_ERROR "${scratch} without marks: got status ${result} and ${message}, expected an error and an unchanged file")
endif()
