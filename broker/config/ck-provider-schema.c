/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "ck-provider-schema.h"

#include "ck-rate-limit.h"
#include "ck-redirect-rules.h"
#include "ck-retry-after.h"

static const CkSchemaKey keys[] = {
  { "Provider", "Name", CK_VALUE_TEXT, NULL },
  { "Provider", "Base", CK_VALUE_ID, NULL },
  { "Provider", "Stack", CK_VALUE_FILE_NAME, NULL },
  { "Provider", "Documentation", CK_VALUE_LINK, NULL },
  { "Provider", "DefaultFlow", CK_VALUE_WORD, "browser device import none" },
  { "Provider", "RedirectUris", CK_VALUE_WORDS, CK_REDIRECT_RULES_WORDS },
  { "Provider", "MaxRedirectUris", CK_VALUE_NUMBER, "1 1000" },

  { "OAuth2", "Instance", CK_VALUE_ID, NULL },
  { "OAuth2", "Issuer", CK_VALUE_ENDPOINT, NULL },
  { "OAuth2", "Metadata", CK_VALUE_ENDPOINT, NULL },
  { "OAuth2", "AuthorizationEndpoint", CK_VALUE_ENDPOINT, NULL },
  { "OAuth2", "TokenEndpoint", CK_VALUE_ENDPOINT, NULL },
  { "OAuth2", "DeviceAuthorizationEndpoint", CK_VALUE_ENDPOINT, NULL },
  { "OAuth2", "PushedAuthorizationRequestEndpoint", CK_VALUE_ENDPOINT, NULL },
  { "OAuth2", "RevocationEndpoint", CK_VALUE_ENDPOINT, NULL },
  { "OAuth2", "IntrospectionEndpoint", CK_VALUE_ENDPOINT, NULL },
  { "OAuth2", "UserinfoEndpoint", CK_VALUE_ENDPOINT, NULL },
  { "OAuth2", "RefreshEndpoint", CK_VALUE_ENDPOINT, NULL },
  { "OAuth2", "ClientAuthentication", CK_VALUE_WORD, "basic post none" },
  { "OAuth2", "ClientIdParameter", CK_VALUE_ID, NULL },
  { "OAuth2", "ClientIdInBody", CK_VALUE_BOOLEAN, NULL },
  { "OAuth2", "RequestBody", CK_VALUE_WORD, "form json" },
  { "OAuth2", "RequestHeader", CK_VALUE_HEADER, NULL },
  { "OAuth2", "PKCE", CK_VALUE_WORD, "S256 S256-hex none" },
  { "OAuth2", "ScopeSeparator", CK_VALUE_WORD, "space comma plus" },
  { "OAuth2", "DeviceTokenEndpoint", CK_VALUE_ENDPOINT, NULL },
  { "OAuth2", "DeviceCodeParameter", CK_VALUE_ID, NULL },
  { "OAuth2", "DeviceClientToken", CK_VALUE_TEXT, NULL },
  { "OAuth2", "DeviceErrorMember", CK_VALUE_TEXT, NULL },
  { "OAuth2", "DeviceErrors", CK_VALUE_LIST, NULL },
  { "OAuth2", "DeviceScopeParameter", CK_VALUE_ID, NULL },
  { "OAuth2", "TokenMember", CK_VALUE_ID, NULL },
  { "OAuth2", "ScopeMember", CK_VALUE_ID, NULL },
  { "OAuth2", "TokenType", CK_VALUE_LIST, NULL },
  { "OAuth2", "AuthorizationParameters", CK_VALUE_LIST, NULL },
  { "OAuth2", "TokenParameters", CK_VALUE_LIST, NULL },
  { "OAuth2", "RedirectSuffix", CK_VALUE_TEXT, NULL },
  { "OAuth2", "ProofParameter", CK_VALUE_TEXT, NULL },
  { "OAuth2", "IssParameterSupported", CK_VALUE_BOOLEAN, NULL },
  { "OAuth2", "RevocationReach", CK_VALUE_WORD, "grant owner" },
  { "OAuth2", "ScopeChangeReach", CK_VALUE_WORD, "grant owner" },
  { "OAuth2", "RetryAfter", CK_VALUE_SOURCES, CK_RETRY_AFTER_UNIT },
  { "OAuth2", "RateLimit", CK_VALUE_SOURCES, CK_RATE_LIMIT_UNIT },

  { "OAuth1", "RequestTokenEndpoint", CK_VALUE_ENDPOINT, NULL },
  { "OAuth1", "AuthorizationEndpoint", CK_VALUE_ENDPOINT, NULL },
  { "OAuth1", "AccessTokenEndpoint", CK_VALUE_ENDPOINT, NULL },
  { "OAuth1", "RevocationEndpoint", CK_VALUE_ENDPOINT, NULL },
  { "OAuth1", "AuthorizationParameters", CK_VALUE_LIST, NULL },

  { "Lifetime", "Renewal", CK_VALUE_WORD, "ahead on-demand" },
  { "Lifetime", "Rotation", CK_VALUE_WORD, "yes no unknown public" },
  { "Lifetime", "RotationGrace", CK_VALUE_FINITE, NULL },
  { "Lifetime", "MinAgeBeforeRenew", CK_VALUE_FINITE, NULL },
  { "Lifetime", "VerifyEvery", CK_VALUE_DURATION, NULL },
  { "Lifetime", "VerifyAtStart", CK_VALUE_BOOLEAN, NULL },
  { "Lifetime", "SettleTime", CK_VALUE_FINITE, NULL },
  { "Lifetime", "KeepAlive", CK_VALUE_DURATION, NULL },
  { "Lifetime", "RenewAhead", CK_VALUE_FINITE, NULL },
  { "Lifetime", "AccessToken", CK_VALUE_DURATION, NULL },
  { "Lifetime", "RefreshToken", CK_VALUE_DURATION, NULL },
  { "Lifetime", "PublicRefreshToken", CK_VALUE_DURATION, NULL },
  { "Lifetime", "ReconnectEvery", CK_VALUE_DURATION, NULL },

  { "Failure *", "Match", CK_VALUE_MATCH, NULL },
  { "Advice *", "Match", CK_VALUE_MATCH, NULL },
  { "Remedy *", "Text", CK_VALUE_TEXT, NULL },
};

const CkSchema ck_provider_schema = { keys, G_N_ELEMENTS (keys) };
