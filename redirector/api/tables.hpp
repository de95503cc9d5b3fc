// The documents of the API, each described once: their fields as tables.
// Source:  reference/001, the schema of each document; reference/api-facts.md 8 and 9.
#pragma once

#include "redirector/api/schema.hpp"

namespace redirector::api {

// Stored resources: DocumentSpec::name is the type under which they are stored.
extern const DocumentSpec kThng;
extern const DocumentSpec kProduct;
extern const DocumentSpec kCollection;
extern const DocumentSpec kPlace;
extern const DocumentSpec kProject;
extern const DocumentSpec kApplication;
extern const DocumentSpec kAccount;
extern const DocumentSpec kOperator;
extern const DocumentSpec kActionType;
extern const DocumentSpec kUser;
extern const DocumentSpec kWebhook;

// Kept as records of scan/, not as stored documents.
extern const DocumentSpec kAction;

// What other routes take or answer.
extern const DocumentSpec kRedirection;
extern const DocumentSpec kResourceRedirection;  // of /thngs/{id}/redirector
extern const DocumentSpec kProperty;
extern const DocumentSpec kLocation;
extern const DocumentSpec kScopes;
extern const DocumentSpec kLogin;
extern const DocumentSpec kActivation;
extern const DocumentSpec kCredentials;
extern const DocumentSpec kDeviceKey;
extern const DocumentSpec kSecretKey;
extern const DocumentSpec kAccess;
extern const DocumentSpec kTime;
extern const DocumentSpec kStatistics;
extern const DocumentSpec kDeadLetter;
extern const DocumentSpec kRedrive;

}  // namespace redirector::api
