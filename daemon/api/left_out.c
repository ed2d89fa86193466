// SPDX-License-Identifier: BSD-2-Clause
/* Names that the real service knows and this one does not serve: "known, not mistyped". */
#include "api/dispatch.h"

#include <stddef.h>
#include <string.h>

static const char *const names[] = {
	/* not built yet */
	"SetLoadBalancerStatus",
	"SetLoadBalancerName",
	"SetLoadBalancerDeleteProtection",
	"SetLoadBalancerModificationProtection",
	"ModifyLoadBalancerInstanceSpec",
	"ModifyLoadBalancerInternetSpec",
	"ModifyLoadBalancerInstanceChargeType",
	"ModifyLoadBalancerPayType",
	"SetLoadBalancerTCPListenerAttribute",
	"SetLoadBalancerUDPListenerAttribute",
	"DescribeLoadBalancerListeners",
	"CreateVServerGroup",
	"AddVServerGroupBackendServers",
	"RemoveVServerGroupBackendServers",
	"ModifyVServerGroupBackendServers",
	"SetVServerGroupAttribute",
	"DeleteVServerGroup",
	"DescribeVServerGroups",
	"DescribeVServerGroupAttribute",
	"CreateMasterSlaveServerGroup",
	"DeleteMasterSlaveServerGroup",
	"DescribeMasterSlaveServerGroups",
	"DescribeMasterSlaveServerGroupAttribute",
	"DescribeHealthStatus",
	"CreateAccessControlList",
	"SetAccessControlListAttribute",
	"AddAccessControlListEntry",
	"RemoveAccessControlListEntry",
	"DeleteAccessControlList",
	"DescribeAccessControlLists",
	"DescribeAccessControlListAttribute",
	"TagResources",
	"UntagResources",
	"ListTagResources",
	/* HTTP and HTTPS listeners */
	"CreateLoadBalancerHTTPListener",
	"CreateLoadBalancerHTTPSListener",
	"SetLoadBalancerHTTPListenerAttribute",
	"SetLoadBalancerHTTPSListenerAttribute",
	"DescribeLoadBalancerHTTPListenerAttribute",
	"DescribeLoadBalancerHTTPSListenerAttribute",
	/* forwarding rules */
	"CreateRules",
	"DeleteRules",
	"SetRule",
	"DescribeRules",
	"DescribeRuleAttribute",
	/* certificates, cipher policies, domain extensions */
	"UploadServerCertificate",
	"DeleteServerCertificate",
	"DescribeServerCertificates",
	"SetServerCertificateName",
	"UploadCACertificate",
	"DeleteCACertificate",
	"DescribeCACertificates",
	"SetCACertificateName",
	"CreateTLSCipherPolicy",
	"DeleteTLSCipherPolicy",
	"ListTLSCipherPolicies",
	"SetTLSCipherPolicyAttribute",
	"CreateDomainExtension",
	"DeleteDomainExtension",
	"DescribeDomainExtensions",
	"DescribeDomainExtensionAttribute",
	"SetDomainExtensionAttribute",
	/* logs, monitoring, resource groups */
	"SetAccessLogsDownloadAttribute",
	"DeleteAccessLogsDownloadAttribute",
	"DescribeAccessLogsDownloadAttribute",
	"EnableHighDefinationMonitor",
	"ModifyHighDefinationMonitor",
	"DescribeHighDefinationMonitor",
	"MoveResourceGroup",
	"ServiceManagedControl",
	/* the old white list, the old tags */
	"SetListenerAccessControlStatus",
	"AddListenerWhiteListItem",
	"RemoveListenerWhiteListItem",
	"DescribeListenerAccessControlAttribute",
	"AddTags",
	"RemoveTags",
	"DescribeTags",
	"DescribeAvailableResource",
};

bool left_out_has(const char *action)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (!strcmp(names[i], action))
			return true;
	}
	return false;
}
