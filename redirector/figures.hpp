// What other rooms count, put on the metrics page.
// Threads: add_figures() before the first request; everything it is given outlives the requests.
#pragma once

#include "redirector/io_thread.hpp"

#include <memory>
#include <vector>

namespace redirector {

class Background;
class Shipping;

using IoThreads = std::vector<std::unique_ptr<IoThread>>;

void add_figures(Shared& shared,
                 const IoThreads& threads,
                 const Background& background,
                 const Shipping& shipping);

}  // namespace redirector
