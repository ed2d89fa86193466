/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every error that Sluice can answer, one row each: HTTP status, API code, sentence. Functions
 * return 0 or a negative enum error_code and, where they take a struct error, leave the details
 * there. The sentences are those of the real service, faults of language included.
 */
#ifndef SLUICE_BASE_ERROR_H
#define SLUICE_BASE_ERROR_H

/* X(symbol, http status, code, sentence); one %s in code or sentence takes struct error.argument.
 */
#define ERROR_TABLE(X)                                                                             \
	X(MISSING, 400, "Missing%s", "%s is mandatory for this action.")                           \
	X(MISSING_ACTION, 400, "MissingAction", "Action is mandatory for this action.")            \
	X(INVALID_ACTION, 404, "InvalidAction.NotFound",                                           \
	  "Specified api is not found, please check your url and method.")                         \
	X(INVALID_VERSION, 400, "InvalidVersion", "Specified parameter Version is not valid.")     \
	X(INVALID_REGION, 404, "InvalidRegionId.NotFound",                                         \
	  "The specified RegionId does not exist.")                                                \
	X(UNSUPPORTED_METHOD, 403, "UnsupportedHTTPMethod", "This http method is not supported.")  \
	X(UNSUPPORTED_OPERATION, 400, "UnsupportedOperation",                                      \
	  "The specified action is not supported.")                                                \
	X(FORBIDDEN, 403, "Forbidden",                                                             \
	  "User not authorized to operate on the specified resource.")                             \
	X(TOKEN_CONFLICT, 400, "LX_REQUEST_TOKEN_CONFLICT", "The ClientToken is conflict.")        \
	X(NEXT_TOKEN, 400, "InvalidParam.NextToken", "The specified NextToken is invalid.")        \
	X(TAGS_FILTER, 400, "InvalidTag", "The specified tags is invalid.")                        \
	X(RESOURCE_TYPE, 400, "InvalidParam.ResourceType",                                         \
	  "The specified ResourceType is invalid.")                                                \
	X(TAG_KEY, 400, "InvalidParam.TagKey", "The specified TagKey is invalid.")                 \
	X(TAG_VALUE, 400, "InvalidParam.TagValue", "The specified TagValue is invalid.")           \
	X(MISSING_TAG_KEY, 400, "MissingParam.TagKey", "The parameter TagKey is required.")        \
	X(MISSING_RESOURCE_ID, 400, "MissingParam.ResourceId",                                     \
	  "The parameter ResourceId is required.")                                                 \
	X(MISSING_TAG_OR_RESOURCE, 400, "MissingParam.TagOrResourceId",                            \
	  "The parameter Tag or ResourceId is required at least one.")                             \
	X(DUPLICATE_TAG_KEY, 400, "Duplicate.TagKey", "The param TagKey has duplicate value.")     \
	X(SIZE_RESOURCE_ID, 400, "SizeLimitExceeded.ResourceId",                                   \
	  "The maximum size of ResourceId is exceeded.")                                           \
	X(SIZE_TAG, 400, "SizeLimitExceeded.Tag", "The maximum size of Tag is exceeded.")          \
	X(SIZE_TAG_KEY, 400, "SizeLimitExceeded.TagKey",                                           \
	  "The maximum size of TagKey is exceeded.")                                               \
	X(RESOURCE_NOT_EXIST, 400, "ResourceNotExist", "The specified resource does not exist.")   \
	X(TAG_COUNT, 400, "TagCountLimit", "Tags count limit exceeded.")                           \
	X(THROTTLING, 400, "Throttling.User", "Request was denied due to user flow control.")      \
	X(INTERNAL, 500, "InternalError",                                                          \
	  "The request processing has failed due to some unknown error, exception or failure.")    \
	X(UNAVAILABLE, 503, "ServiceUnavailable",                                                  \
	  "The request has failed due to a temporary failure of the server.")                      \
	X(INVALID_PARAMETER, 400, "InvalidParameter", "The specified parameter is not valid.")     \
	X(NOT_SUPPORTED, 400, "InvalidParameterValue.RegionNotSupport",                            \
	  "The region does not support the parameter value, %s.")                                  \
	X(SPEC_NOT_SUPPORT, 400, "InvalidParameterValue.SpecNotSupport",                           \
	  "The loadBalancer of shared spec does not support the parameter value, %s.")             \
	X(LB_NOT_FOUND, 404, "InvalidLoadBalancerId.NotFound",                                     \
	  "The specified LoadBalancerId does not exist.")                                          \
	X(LB_NAME, 400, "InvalidParameter", "The Lb Name is Not supported.")                       \
	X(LB_SPEC, 400, "IllegalParam.SpecType", "The param of SpecType is illegal.")              \
	X(LB_BANDWIDTH, 400, "InvalidParameter.Bandwidth", "The param Bandwidth is invalid.")      \
	X(PROTECTION_STATUS, 400, "InvalidParam.ModificationProtectionStatus",                     \
	  "The param ModificationProtectionStatus is invalid.")                                    \
	X(PROTECTION_REASON, 400, "InvalidParam.ModificationProtectionReason",                     \
	  "The param ModificationProtectionReason is invalid.")                                    \
	X(DELETE_PROTECTION, 400, "OperationDenied.DeleteProtectionIsOn",                          \
	  "The loadbalancer can not be deleted due to DeleteProtection is enabled.")               \
	X(VSWITCH_NOT_EXIST, 400, "VSwitchNotExist", "The specified VSwitch does not exist.")      \
	X(VPC_NOT_EXIST, 400, "InvalidVpcId.NotExist", "The specified VPC not exist.")             \
	X(ADDRESS_NOT_IN_SUBNET, 400, "InvalidParameter",                                          \
	  "Illegal parameter. The IP address is not in subnet.")                                   \
	X(ADDRESS_IN_USE, 400, "InvalidParameter", "The vpc Ip is exist.")                         \
	X(SUBNET_EXHAUST, 400, "SubnetIpExhaust", "No subnet IP addresses are available.")         \
	X(OVER_QUOTA, 400, "OverQuota", "The Total is over the quota.")                            \
	X(LISTENER_EXISTS, 400, "ListenerAlreadyExists",                                           \
	  "A listener with the specified port already exists")                                     \
	X(LISTENER_LIMIT, 400, "ListenerNumberOverLimit",                                          \
	  "The maximum number of listeners is exceeded.")                                          \
	X(LISTENER_PORT, 400, "InvalidParam.ListenerPort",                                         \
	  "The specified ListenerPort is invalid.")                                                \
	X(LISTENER_NOT_FOUND, 404, "ListenerNotFound",                                             \
	  "You have not created a listener for the specified port of the load balancer.")          \
	X(ANSWER_TOO_LARGE, 400, "AnswerTooLarge",                                                 \
	  "The answer would list too many servers. Specify a ListenerPort.")                       \
	X(LISTENER_RESOURCE_NOT_FOUND, 404, "ResourceNotFound.Listener",                           \
	  "The specified listener is not found.")                                                  \
	X(LISTENER_NO_RESOURCE, 400, "InvalidParameter", "The specified resource does not exist.") \
	X(LISTENER_NO_GROUP, 400, "MissingParameter",                                              \
	  "The BackendServerPort or VServerGroupId is required at lease one.")                     \
	X(LISTENER_BANDWIDTH, 400, "InvalidParameter",                                             \
	  "The specified Bandwidth is invalid. It exceeds the maximum bandwidth available to the " \
	  "instance.")                                                                             \
	X(TOO_MANY_LISTENERS, 400, "TooManyListeners",                                             \
	  "More than 1 listener is found, please be more specified.")                              \
	X(HEALTH_REQ, 400, "InvalidParam.HealthCheckReq", "The param HealthCheckReq is invalid.")  \
	X(HEALTH_EXP, 400, "InvalidParam.HealthCheckExp", "The param HealthCheckExp is invalid.")  \
	X(HEALTH_REQ_LENGTH, 400, "InvalidParamLength.HealthCheckReq",                             \
	  "The length of the parameter HealthCheckReq is invalid.")                                \
	X(HEALTH_EXP_LENGTH, 400, "InvalidParamLength.HealthCheckExp",                             \
	  "The length of the parameter HealthCheckExp is invalid.")                                \
	X(BACKENDS_MALFORMED, 400, "BackendServersMalformed",                                      \
	  "the specified parameter BackendServers is unavailable.")                                \
	X(BACKENDS_INVALID, 400, "InvalidParameter", "The specified BackendServers is invalid.")   \
	X(BACKENDS_TOO_MANY, 400, "TooManyBackendServers",                                         \
	  "The total number of input real servers exceeds max supported number: 20")               \
	X(SERVER_ID_EMPTY, 400, "BackendServer.ServerIdEmpty",                                     \
	  "The ServerId of a backend server is empty.")                                            \
	X(SERVER_TYPE, 400, "BackendServer.InvalidType", "The specified Type is invalid.")         \
	X(WEIGHT, 400, "InvalidWeight.Malformed", "A specified weight is not valid.")              \
	X(SERVER_PORT, 400, "InvalidParameter",                                                    \
	  "The specified BackendServers is invalid, as the Port value should be in [1, 65535].")   \
	X(ACTION_NOT_SUPPORT, 400, "OperationFailed.ActionNotSupport",                             \
	  "The loadbalancer does not support such action.")                                        \
	X(OBTAIN_IP, 400, "ObtainIpFail",                                                          \
	  "The specified BackendServers is invalid; some of the specified backend servers do not " \
	  "exist or are not running.")                                                             \
	X(SERVER_EXISTS, 400, "InvalidParameter", "The resource already exists.")                  \
	X(NETWORK_TYPE, 400, "InvalidParameter",                                                   \
	  "The specified load balancer does not support the network type of the ECS instance.")    \
	X(INCONSISTENT, 400, "InvalidBackendServers.Inconsistent",                                 \
	  "All BackendServers on one Specified LoadBalancer have to be in the same vpc or all "    \
	  "classic")                                                                               \
	X(FAMILY, 400, "LBNotSupportIpv6Backend",                                                  \
	  "The specified loadbalancer does not support ipv6 backend.")                             \
	X(SERVER_IP_CONFLICT, 400, "InvalidBackendServers.ServerIpConflict",                       \
	  "The ServerIp is used by another backend server.")                                       \
	X(GROUP_NOT_FOUND, 404, "InvalidParameter",                                                \
	  "The specified VServerGroupId does not exist.")                                          \
	X(GROUP_ID, 400, "InvalidParam.VServerGroupId",                                            \
	  "The specified VServerGroupId is invalid.")                                              \
	X(GROUP_ID_MISSING, 400, "MissingParam.VServerGroupId",                                    \
	  "The parameter VServerGroupId is missing.")                                              \
	X(GROUP_NEEDED, 400, "OperationFailed.ServerGroupInUse",                                   \
	  "The VServerGroup or MasterSlaveServerGroup can not be close for this listener.")        \
	X(GROUP_IN_USE, 400, "RspoolVipExist",                                                     \
	  "there are vips associating with this vServer group.")                                   \
	X(GROUP_NOTHING_TO_SET, 400, "MissingParameter",                                           \
	  "The VServerGroupName or BackendServers is required at lease one.")                      \
	X(GROUP_SERVER_EXISTS, 400, "InvalidParameter",                                            \
	  "The specified BackendServers contain duplicated value of ServerID and Port.")           \
	X(GROUP_SERVER_NOT_EXIST, 400, "InvalidServerId.NotExist",                                 \
	  "The specified ServerId is not exist.")                                                  \
	X(SERVER_NOT_FOUND, 404, "InvalidServerId.NotFound",                                       \
	  "The specified ServerId does not exist.")                                                \
	X(INSTANCE_NOT_FOUND, 404, "InvalidInstanceId.NotFound",                                   \
	  "The specified InstanceId does not exist.")                                              \
	X(INSTANCE_IN_USE, 400, "InstanceInUse",                                                   \
	  "The instance is a backend server of a load balancer.")                                  \
	X(INSTANCE_ADDRESS, 400, "InstanceAddressConflict",                                        \
	  "The address is registered by another instance.")

enum error_code {
	ERR_NONE,
#define X(symbol, http, code, sentence) ERR_##symbol,
	ERROR_TABLE(X)
#undef X
		ERR_MAX
};

#define ERROR_ARGUMENT_MAX 128
#define ERROR_DETAIL_MAX 512

struct error {
	enum error_code code;
	char argument[ERROR_ARGUMENT_MAX]; /* fills the %s of the row */
	char detail[ERROR_DETAIL_MAX]; /* which value was wrong and why; "" if nothing to add */
};

struct error_row {
	int http;
	const char *code;
	const char *sentence;
};

/* The row of a code (its sign is ignored); that of ERR_INTERNAL for anything unknown. */
const struct error_row *error_row(int code);

/* Fills *error (which may be NULL) and returns -code. The detail is printf-style; control
 * characters and bytes that are no UTF-8 are shown as '?', what does not fit is cut. */
int error_set(struct error *error, enum error_code code, const char *detail, ...)
	__attribute__((format(printf, 3, 4)));
/* The same for rows with a %s: argument fills it. */
int error_set_argument(struct error *error, enum error_code code, const char *argument,
		       const char *detail, ...) __attribute__((format(printf, 4, 5)));

#endif
