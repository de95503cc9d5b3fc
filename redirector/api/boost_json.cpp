// The compiled half of Boost.JSON, which Debian ships as headers only.
#include <boost/json/src.hpp>
