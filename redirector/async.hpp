// The coroutine types of the house: executor-typed, so that no call on the way is type-erased.
// Threads: one io_context per I/O thread; a coroutine never leaves the thread it was spawned on.
// Source:  figures in bench/load/RESULTS.md (typed executors against any_io_executor).
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace redirector {

namespace net = boost::asio;

using Executor = net::io_context::executor_type;

template <class T>
using Awaitable = net::awaitable<T, Executor>;

// The one completion token: `const auto [error, n] = co_await socket.async_read_some(b,
// use_tuple);`
inline constexpr auto use_tuple = net::as_tuple(net::use_awaitable_t<Executor>{});

}  // namespace redirector
