#include "redirector/api/scopes.hpp"

#include <boost/json.hpp>
#include <gtest/gtest.h>

namespace redirector::api {
namespace {

namespace json = boost::json;

const std::string kA = "U" + std::string(23, 'a');
const std::string kB = "U" + std::string(23, 'b');
const std::string kUserId = "U" + std::string(23, 'c');

Actor actor(KeyType type) {
    const bool of_account = type == KeyType::operator_;
    return {type, "Uaccount", kUserId, of_account ? "" : kA};
}

json::object scoped(std::initializer_list<json::value_ref> users,
                    std::initializer_list<json::value_ref> projects) {
    return {{"id", kB},
            {"scopes",
             json::object{{"users", json::array(users)}, {"projects", json::array(projects)}}}};
}

TEST(Scopes, DecideWhoSees) {
    const auto sees = [](KeyType type, const json::object& document) {
        return visible(actor(type), document);
    };
    const json::object nowhere = scoped({"all"}, {});
    const json::object in_a = scoped({"all"}, {kA});
    const json::object in_b = scoped({"all"}, {kB});
    const json::object of_nobody = scoped({}, {kA});
    const json::object of_user = scoped({kUserId}, {kA});
    for (const auto* document : {&nowhere, &in_a, &in_b, &of_nobody})
        EXPECT_TRUE(sees(KeyType::operator_, *document));
    for (const KeyType type : {KeyType::trusted_application, KeyType::application, KeyType::user}) {
        EXPECT_FALSE(sees(type, nowhere));
        EXPECT_FALSE(sees(type, in_b));
        EXPECT_TRUE(sees(type, in_a));
    }
    EXPECT_TRUE(sees(KeyType::application, of_nobody));
    EXPECT_FALSE(sees(KeyType::user, of_nobody));
    EXPECT_TRUE(sees(KeyType::user, of_user));
    EXPECT_FALSE(sees(KeyType::device, in_a));
    EXPECT_TRUE(sees(KeyType::device, json::object{{"id", kUserId}}));
    EXPECT_FALSE(sees(KeyType::user, json::object{}));
    EXPECT_FALSE(sees(KeyType::user, json::object{{"scopes", "all"}}));
}

TEST(Scopes, OfANewDocumentComeFromTheKey) {
    json::object document;
    EXPECT_TRUE(scope_new(actor(KeyType::operator_), Query(""), document).empty());
    EXPECT_EQ(json::serialize(document["scopes"]), R"({"users":["all"],"projects":[]})");
    document.clear();
    EXPECT_TRUE(scope_new(actor(KeyType::operator_), Query("project=" + kB), document).empty());
    EXPECT_TRUE(in_project(document, kB));
    document.clear();
    EXPECT_TRUE(scope_new(actor(KeyType::user), Query("project=" + kB), document).empty());
    EXPECT_TRUE(in_project(document, kA));
    EXPECT_FALSE(in_project(document, kB));
    document.clear();
    EXPECT_EQ(scope_new(actor(KeyType::operator_), Query("project=x"), document).at(0).field,
              "project");
}

json::object changed(const json::object& stored, std::string_view projects) {
    json::object update{{"scopes", json::object{{"projects", json::parse(projects)}}}};
    EXPECT_TRUE(scope_change(actor(KeyType::operator_), stored, update).empty()) << projects;
    return update;
}

TEST(Scopes, AddRemoveAndReplace) {
    const json::object stored = scoped({"all"}, {kA});
    EXPECT_TRUE(in_project(changed(stored, "[\"+" + kB + "\"]"), kA));
    EXPECT_TRUE(in_project(changed(stored, "[\"+" + kB + "\"]"), kB));
    EXPECT_FALSE(in_project(changed(stored, "[\"" + kB + "\"]"), kA));
    EXPECT_FALSE(in_project(changed(stored, "[\"-" + kA + "\"]"), kA));
    EXPECT_FALSE(in_project(changed(stored, "[]"), kA));
    EXPECT_EQ(json::serialize(changed(stored, "[]")["scopes"].at("users")), R"(["all"])");
}

TEST(Scopes, RefuseWhatIsAmbiguousOrNoId) {
    const json::object stored = scoped({"all"}, {kA});
    for (const std::string& list :
         {"[\"+" + kB + "\",\"" + kA + "\"]", std::string("[\"x\"]"), std::string("[\"+\"]"),
          std::string("[\"\"]"), std::string("[\"all\"]")}) {
        json::object update{{"scopes", json::object{{"projects", json::parse(list)}}}};
        const Problems problems = scope_change(actor(KeyType::operator_), stored, update);
        ASSERT_EQ(problems.size(), 1U) << list;
        EXPECT_EQ(problems[0].field, "scopes.projects");
    }
}

TEST(Scopes, StayWithinTheKeysProject) {
    const json::object stored = scoped({"all"}, {kA});
    json::object update{{"scopes", json::object{{"projects", json::array{json::string(kB)}}}}};
    EXPECT_EQ(scope_change(actor(KeyType::trusted_application), stored, update).at(0).code,
              Code::forbidden);
    update = {{"scopes", json::object{{"users", json::array{json::string(kB)}}}}};
    EXPECT_EQ(scope_change(actor(KeyType::user), stored, update).at(0).code, Code::forbidden);
    update = {{"scopes", stored.at("scopes")}};  // the whole document back, unchanged
    EXPECT_TRUE(scope_change(actor(KeyType::user), stored, update).empty());
}

}  // namespace
}  // namespace redirector::api
