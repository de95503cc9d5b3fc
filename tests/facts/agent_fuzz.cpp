// User-Agent: any bytes, through the quick classes and their cache.
#include "redirector/facts/agent_class.hpp"

#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

void require(bool promise) {
    if (!promise) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace redirector::facts;
    static AgentClassCache cache{64};
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    const auto agent = classify_agent(text);
    require(cache.classify(text) == agent);
    require(cache.classify(text) == agent);
    require((agent.device == DeviceType::bot) == agent.bot);
    require(agent.bot || !agent.preview);
    require(name(agent.device).empty() == text.empty());
    return 0;
}
