#include "redirector/logo_endpoint.hpp"

#include "redirector/api/documents.hpp"
#include "redirector/api/tables.hpp"
#include "redirector/cached_logo.hpp"
#include "redirector/drawing_pools.hpp"
#include "redirector/logo_codes.hpp"
#include "redirector/picture.hpp"
#include "redirector/store/near_cache.hpp"
#include "redirector/store/redis_client.hpp"

#include <functional>
#include <memory>

namespace redirector {
namespace {

// What drawing threads make of an upload.
struct Upload {
    std::string file;
    std::shared_ptr<const qr::Logo> logo;  // null: `problem` says why
    std::string problem;
};

void read_upload(Upload& upload) {
    const auto logo = read_logo(upload.file);
    if (logo) {
        upload.logo = *logo;
    } else {
        upload.problem = logo.error().message;
    }
}

bool is_own_account(api::Call& call) {
    if (call.captures[0] == call.actor.account) return true;
    api::refuse_absent(call, api::kAccount, call.captures[0]);
    return false;
}

bool is_png(const Request& request) {
    const std::string_view type = request.field(Field::content_type);
    const std::string_view name = type.substr(0, type.find(';'));
    return name.substr(0, name.find_last_not_of(" \t") + 1) == "image/png";
}

void refuse_busy(api::Call& call) {
    call.refuse(api::Code::unavailable, "", "too many pictures are being drawn; try again");
}

void refuse_no_logo(api::Call& call) {
    call.refuse(api::Code::not_found, "", "the account has no logo");
}

}  // namespace

Awaitable<void> write_logo(api::Call& call) {
    if (!is_own_account(call)) co_return;
    if (!is_png(call.request)) {
        call.refuse(api::Code::unsupported_media_type, "Content-Type", "a logo is an image/png");
        co_return;
    }
    const auto upload = std::make_shared<Upload>();
    upload->file = call.request.body;
    std::function<void()> work = [upload] { read_upload(*upload); };
    const bool ran = co_await call.services.drawing.images.run(std::move(work));
    if (!ran) {
        refuse_busy(call);
        co_return;
    }
    if (upload->logo == nullptr) {
        call.refuse(api::Code::invalid_field, "logo", upload->problem);
        co_return;
    }
    const std::string key = logo_key(call.actor.account);
    const std::string record = encode_logo(*upload->logo);
    store::Command command{"SET", key, record, "GET"};
    const auto before = co_await call.services.redis.execute(std::move(command));
    if (!before || before->is_error()) {
        api::refuse_store(call);
        co_return;
    }
    call.services.cache.invalidate(key);
    call.changes.push_back(api::note_change("logo", call.actor.account, before->text, record));
    call.reply.content_type = "application/json";
    call.reply.body = "{\"width\":" + std::to_string(upload->logo->width()) +
                      ",\"height\":" + std::to_string(upload->logo->height()) + "}";
}

Awaitable<StoredLogo> fetch_logo(api::Call& call) {
    StoredLogo stored;
    store::Command command{"GET", logo_key(call.actor.account)};
    const auto record = co_await call.services.redis.execute(std::move(command));
    if (!record || record->is_error()) {
        api::refuse_store(call);
        stored.answered = true;
    } else {
        stored.logo = decode_logo(record->text);
    }
    co_return stored;
}

Awaitable<void> show_logo(api::Call& call) {
    if (!is_own_account(call)) co_return;
    const StoredLogo stored = co_await fetch_logo(call);
    if (stored.answered) co_return;
    if (stored.logo == nullptr) {
        refuse_no_logo(call);
        co_return;
    }
    const auto file = std::make_shared<std::string>();
    std::function<void()> work = [file, logo = stored.logo] {
        *file = write_png(logo->width(), logo->height(), logo->rgba());
    };
    const bool ran = co_await call.services.drawing.images.run(std::move(work));
    if (!ran || file->empty()) {
        refuse_busy(call);
        co_return;
    }
    call.reply.content_type = "image/png";
    call.reply.add("Cache-Control", "private, no-cache");
    call.reply.body = std::move(*file);
}

Awaitable<void> remove_logo(api::Call& call) {
    if (!is_own_account(call)) co_return;
    const std::string key = logo_key(call.actor.account);
    store::Command command{"GETDEL", key};
    const auto before = co_await call.services.redis.execute(std::move(command));
    if (!before || before->is_error()) {
        api::refuse_store(call);
    } else if (before->is_nil()) {
        refuse_no_logo(call);
    } else {
        call.services.cache.invalidate(key);
        call.changes.push_back(api::note_change("logo", call.actor.account, before->text, ""));
    }
}

}  // namespace redirector
