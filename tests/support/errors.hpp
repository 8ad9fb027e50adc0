#pragma once
// What an error says.
#include <string>

#include <gtest/gtest.h>

namespace gradflow {

/// What call() throws, of that type; "" and a failed test where it throws nothing.
template <class Error, class Call>
std::string message_of(Call&& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  ADD_FAILURE() << "nothing was thrown";
  return {};
}

}  // namespace gradflow
