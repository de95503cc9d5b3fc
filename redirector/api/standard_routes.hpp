// The rows that most resources have in the route table.
// Threads: constant expressions.
#pragma once

#include "redirector/api/resource.hpp"
#include "redirector/api/route.hpp"

namespace redirector::api {

constexpr Route create_route(std::string_view pattern,
                             KeyTypes allowed,
                             const Resource& resource,
                             const DocumentSpec& document,
                             std::string_view meaning) {
    return {.method = Method::post,
            .pattern = pattern,
            .allowed = allowed,
            .on_short_domain = false,
            .body_limit = kJsonBody,
            .handler = create_resource,
            .meaning = meaning,
            .status = 201,
            .answers = Shape::one,
            .document = &document,
            .body = Shape::one,
            .resource = &resource};
}

constexpr Route list_route(std::string_view pattern,
                           KeyTypes allowed,
                           const Resource& resource,
                           const DocumentSpec& document,
                           std::string_view meaning) {
    return {.method = Method::get,
            .pattern = pattern,
            .allowed = allowed,
            .on_short_domain = false,
            .body_limit = 0,
            .handler = list_resources,
            .meaning = meaning,
            .answers = Shape::list,
            .document = &document,
            .resource = &resource};
}

constexpr Route read_route(std::string_view pattern,
                           KeyTypes allowed,
                           const Resource& resource,
                           const DocumentSpec& document,
                           std::string_view meaning) {
    return {.method = Method::get,
            .pattern = pattern,
            .allowed = allowed,
            .on_short_domain = false,
            .body_limit = 0,
            .handler = read_resource,
            .meaning = meaning,
            .answers = Shape::one,
            .document = &document,
            .resource = &resource};
}

constexpr Route update_route(std::string_view pattern,
                             KeyTypes allowed,
                             const Resource& resource,
                             const DocumentSpec& document,
                             std::string_view meaning) {
    return {.method = Method::put,
            .pattern = pattern,
            .allowed = allowed,
            .on_short_domain = false,
            .body_limit = kJsonBody,
            .handler = update_resource,
            .meaning = meaning,
            .answers = Shape::one,
            .document = &document,
            .body = Shape::one,
            .resource = &resource};
}

constexpr Route bulk_update_route(std::string_view pattern,
                                  KeyTypes allowed,
                                  const Resource& resource,
                                  const DocumentSpec& document,
                                  std::string_view meaning) {
    return {.method = Method::put,
            .pattern = pattern,
            .allowed = allowed,
            .on_short_domain = false,
            .body_limit = kJsonBody,
            .handler = update_resources,
            .meaning = meaning,
            .status = 204,
            .document = &document,
            .body = Shape::one,
            .resource = &resource};
}

constexpr Route remove_route(std::string_view pattern,
                             KeyTypes allowed,
                             const Resource& resource,
                             const DocumentSpec& document,
                             std::string_view meaning) {
    return {.method = Method::delete_,
            .pattern = pattern,
            .allowed = allowed,
            .on_short_domain = false,
            .body_limit = 0,
            .handler = remove_resource,
            .meaning = meaning,
            .document = &document,
            .resource = &resource};
}

constexpr Route bulk_remove_route(std::string_view pattern,
                                  KeyTypes allowed,
                                  const Resource& resource,
                                  const DocumentSpec& document,
                                  std::string_view meaning) {
    Route route = remove_route(pattern, allowed, resource, document, meaning);
    route.handler = remove_resources;
    route.status = 204;
    return route;
}

}  // namespace redirector::api
