#pragma once
// The message of an exception.
#include <string>

#include <gtest/gtest.h>

namespace gradflow {

/// Returns the message of the Error that call() throws. If call() throws nothing, returns "" and the test fails.
template <class Error, class Call>
std::string message_of(Call&& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  ADD_FAILURE() << "expected an exception, but none was thrown";
  return {};
}

}  // namespace gradflow
