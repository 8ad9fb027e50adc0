# Plants faults, each in a tree of its own, and sees that include_order.cmake names the file and the line.
#   cmake -D scratch=FOLDER -P include_order_test.cmake
cmake_minimum_required(VERSION 3.25)

function(check_tree file text out)
  file(REMOVE_RECURSE ${scratch})
  file(WRITE ${scratch}/${file} "${text}")
  execute_process(COMMAND ${CMAKE_COMMAND} -D tree=${scratch} -P ${CMAKE_CURRENT_LIST_DIR}/include_order.cmake
                  ERROR_VARIABLE output OUTPUT_VARIABLE output RESULT_VARIABLE result)
  set(${out} "${result}: ${output}" PARENT_SCOPE)
endfunction()

function(expect_fault file text expected)
  check_tree(${file} "// a comment; [ with brackets\n\n${text}\n" answer)
  if(answer MATCHES "^0:" OR NOT answer MATCHES "${file}:3: got .*, expected ${expected}")
    message(SEND_ERROR "${file} with ${text}: got ${answer}\nexpected a fault at ${file}:3, expected ${expected}")
  endif()
endfunction()

function(expect_clean file text)
  check_tree(${file} "${text}\n" answer)
  if(NOT answer MATCHES "^0:")
    message(SEND_ERROR "${file} with ${text}: got ${answer}\nexpected no fault")
  endif()
endfunction()

expect_fault(gradflow/base/names.hpp "#include <gradflow/nn/dense.hpp>" "in base/ only base")
expect_fault(gradflow/nn/dense.cpp "#include <gradflow/optim/optimizers.hpp>" "in nn/ only nn base")
expect_fault(gradflow/flow/theory.cpp "  #  include <gradflow/check/gradient_check.hpp>" "in flow/ only")
expect_fault(gradflow/train/trainer.hpp "#include <gradflow/observers/loss_log.hpp>" "in train/ only")
expect_fault(gradflow/io/checkpoint.cpp "#include <gradflow/report/page.hpp>" "in io/ only")
expect_fault(gradflow/nn/dense.hpp "#include <gradflow/gradflow.hpp>" "in nn/ only")
expect_fault(gradflow/nn/dense.hpp "#include \"../optim/optimizers.hpp\"" "<gradflow/...>")
expect_fault(gradflow/misc/helpers.hpp "#include <gradflow/base/names.hpp>" "one that include_order.cmake knows")
expect_fault(gradflow/nn/dense.cpp "#include <xsimd/xsimd.hpp>" "it in gradflow/base/registers.hpp only")
expect_fault(gradflow/nn/dense.hpp "#include <xtensor/xtensor.hpp>" "it in gradflow/base/tensor.hpp only")
expect_fault(gradflow/log/console_sink.hpp "#include <spdlog/spdlog.h>" "it in .cpp files only")
expect_fault(gradflow/data/idx.hpp "#include <zlib.h>" "it in .cpp files only")
expect_fault(gradflow/gradflow.hpp "#include <fmt/format.h>" "it in .cpp files only")

expect_clean(gradflow/gradflow.hpp "#include <gradflow/observers/loss_log.hpp>")
expect_clean(gradflow/train/trainer.cpp "#include <gradflow/train/trainer.hpp>\n#include <gradflow/flow/layer_flow.hpp>")
expect_clean(gradflow/log/console_sink.cpp "#include <spdlog/spdlog.h>\n#include <gradflow/base/errors.hpp>")
expect_clean(gradflow/base/registers.hpp "#include <xsimd/xsimd.hpp>")
