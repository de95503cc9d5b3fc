// What other rooms count, put on the metrics page and beside the answer of /readyz.
// Threads: both before the first request; everything it is given outlives the requests.
#pragma once

#include "redirector/io_thread.hpp"

#include <memory>
#include <vector>

namespace redirector {

class Background;
class Shipping;
namespace webhooks {
struct Figures;
}

using IoThreads = std::vector<std::unique_ptr<IoThread>>;

// How recording goes, beside the answer of /readyz.
void add_recording(Health& health, const Shared& shared, const Shipping& shipping);

void add_figures(Shared& shared,
                 const IoThreads& threads,
                 const Background& background,
                 const Shipping& shipping);

void add_webhook_figures(Metrics& metrics, const webhooks::Figures& figures);

}  // namespace redirector
