// Answers as YAML, for who asks for it: the JSON answer, said again.
// Threads: pure. Source:  YAML 1.2 through yaml-cpp.
#pragma once

#include <string>
#include <string_view>

namespace redirector::api {

inline constexpr std::string_view kYaml = "application/yaml";

// `json` is a document of ours. Texts that YAML would read as something else are quoted.
std::string to_yaml(std::string_view json);

}  // namespace redirector::api
