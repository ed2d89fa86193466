// SPDX-License-Identifier: BSD-2-Clause
/* Names that the real service knows and this one does not serve: "known, not mistyped". */
#include "api/dispatch.h"

#include <stddef.h>
#include <string.h>

#define NOT_YET "it is not built yet"
#define LAYER_7 "it belongs to layer 7 (HTTP and HTTPS); Sluice is layer 4, TCP and UDP"
#define CLOUD "it belongs to the cloud around the real service"
#define OLD "it is an old form: see access control lists, TagResources, ListTagResources"

static const struct {
	const char *action, *why;
} rows[] = {
	/* not built yet */
	{ "CreateMasterSlaveServerGroup", NOT_YET },
	{ "DeleteMasterSlaveServerGroup", NOT_YET },
	{ "DescribeMasterSlaveServerGroups", NOT_YET },
	{ "DescribeMasterSlaveServerGroupAttribute", NOT_YET },
	{ "CreateAccessControlList", NOT_YET },
	{ "SetAccessControlListAttribute", NOT_YET },
	{ "AddAccessControlListEntry", NOT_YET },
	{ "RemoveAccessControlListEntry", NOT_YET },
	{ "DeleteAccessControlList", NOT_YET },
	{ "DescribeAccessControlLists", NOT_YET },
	{ "DescribeAccessControlListAttribute", NOT_YET },
	/* HTTP and HTTPS listeners */
	{ "CreateLoadBalancerHTTPListener", LAYER_7 },
	{ "CreateLoadBalancerHTTPSListener", LAYER_7 },
	{ "SetLoadBalancerHTTPListenerAttribute", LAYER_7 },
	{ "SetLoadBalancerHTTPSListenerAttribute", LAYER_7 },
	{ "DescribeLoadBalancerHTTPListenerAttribute", LAYER_7 },
	{ "DescribeLoadBalancerHTTPSListenerAttribute", LAYER_7 },
	/* forwarding rules */
	{ "CreateRules", LAYER_7 },
	{ "DeleteRules", LAYER_7 },
	{ "SetRule", LAYER_7 },
	{ "DescribeRules", LAYER_7 },
	{ "DescribeRuleAttribute", LAYER_7 },
	/* certificates, cipher policies, domain extensions */
	{ "UploadServerCertificate", LAYER_7 },
	{ "DeleteServerCertificate", LAYER_7 },
	{ "DescribeServerCertificates", LAYER_7 },
	{ "SetServerCertificateName", LAYER_7 },
	{ "UploadCACertificate", LAYER_7 },
	{ "DeleteCACertificate", LAYER_7 },
	{ "DescribeCACertificates", LAYER_7 },
	{ "SetCACertificateName", LAYER_7 },
	{ "CreateTLSCipherPolicy", LAYER_7 },
	{ "DeleteTLSCipherPolicy", LAYER_7 },
	{ "ListTLSCipherPolicies", LAYER_7 },
	{ "SetTLSCipherPolicyAttribute", LAYER_7 },
	{ "CreateDomainExtension", LAYER_7 },
	{ "DeleteDomainExtension", LAYER_7 },
	{ "DescribeDomainExtensions", LAYER_7 },
	{ "DescribeDomainExtensionAttribute", LAYER_7 },
	{ "SetDomainExtensionAttribute", LAYER_7 },
	/* logs, monitoring, resource groups */
	{ "SetAccessLogsDownloadAttribute", LAYER_7 },
	{ "DeleteAccessLogsDownloadAttribute", LAYER_7 },
	{ "DescribeAccessLogsDownloadAttribute", LAYER_7 },
	{ "EnableHighDefinationMonitor", CLOUD },
	{ "ModifyHighDefinationMonitor", CLOUD },
	{ "DescribeHighDefinationMonitor", CLOUD },
	{ "MoveResourceGroup", CLOUD },
	{ "ServiceManagedControl", CLOUD },
	/* the old white list, the old tags */
	{ "SetListenerAccessControlStatus", OLD },
	{ "AddListenerWhiteListItem", OLD },
	{ "RemoveListenerWhiteListItem", OLD },
	{ "DescribeListenerAccessControlAttribute", OLD },
	{ "AddTags", OLD },
	{ "RemoveTags", OLD },
	{ "DescribeTags", OLD },
	{ "DescribeAvailableResource", CLOUD },
};

const char *left_out_why(const char *action)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (!strcmp(rows[i].action, action))
			return rows[i].why;
	}
	return NULL;
}
