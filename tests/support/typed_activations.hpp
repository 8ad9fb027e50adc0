#pragma once
// The library's activations, typed as formulas.
#include <map>
#include <string_view>

namespace gradflow::test {

/// The library's activations as one types them. clamp() keeps z^2 and z^3 finite.
inline const std::map<std::string_view, const char*> typed_activations = {
    {"identity", "formula(z)"},
    {"sigmoid", "sigmoid(z)"},
    {"tanh", "tanh(z)"},
    {"relu", "max(z, 0)"},
    {"leaky_relu", "select(z <= 0, 0.2*z, z)"},
    {"elu", "select(z <= 0, expm1(z), z)"},
    {"selu", "formula(select(z <= 0, l*a*expm1(z), l*z), l=1.0507009873554805, a=1.6732632423543772)"},
    {"celu", "select(z <= 0, expm1(z/1), z)"},
    {"gelu", "z*(0.5*erfc(-0.7071067811865476*z))"},
    {"gelu_tanh",
     "z*sigmoid(clamp(z, -99, 99)*(1.5957691216057308 + 1.5957691216057308*0.044715*clamp(z, -99, 99)^2))"},
    {"silu", "z*sigmoid(z)"},
    {"mish", "z*tanh(softplus(z))"},
    {"softplus", "softplus(z)"},
    {"softsign", "z/(1 + abs(z))"},
    {"hard_sigmoid", "(clamp(z, -3, 3) + 3)/6"},
    {"hard_tanh", "clamp(z, -1, 1)"},
    {"relu6", "clamp(z, 0, 6)"},
    {"lecun_tanh", "1.7159*tanh(2/3*z)"},
    {"sine", "sin(z)"},
    {"gaussian", "exp(-clamp(z, -99, 99)^2)"},
};

}  // namespace gradflow::test
