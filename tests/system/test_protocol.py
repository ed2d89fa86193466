# SPDX-License-Identifier: BSD-2-Clause
"""The protocol around the actions (API, 2): where parameters come from, what answers look like."""
import re
import xml.etree.ElementTree
from urllib.parse import urlencode

import pytest

BACKENDS = 1
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
ID = re.compile(r"[0-9A-F]{8}-[0-9A-F]{4}-4[0-9A-F]{3}-[89AB][0-9A-F]{3}-[0-9A-F]{12}")
JSON, XML = "application/json;charset=utf-8", "text/xml;charset=utf-8"

# sentence, method, query, body, headers, status, code (None: success)
ROWS = [
    ("the action in the query", "GET", "Action=DescribeRegions", None, {}, 200, None),
    ("the action in the body", "POST", "", "Action=DescribeRegions", FORM, 200, None),
    ("in a header", "GET", "", None, {"x-acs-action": "DescribeRegions"}, 200, None),
    ("in a header of any case", "POST", "", "", {"X-ACS-Action": "DescribeRegions"}, 200, None),
    ("the parameter wins over the header", "GET", "Action=DescribeZones", None,
     {"x-acs-action": "NoSuch"}, 200, None),
    ("no action", "GET", "", None, {}, 400, "MissingAction"),
    ("an empty one", "GET", "Action=", None, {}, 400, "MissingAction"),
    ("in another case", "GET", "Action=describeRegions", None, {}, 404, "InvalidAction.NotFound"),
    ("its name in lower case", "GET", "action=DescribeRegions", None, {}, 200, None),
    ("version", "GET", "Action=DescribeRegions&Version=2014-05-15", None, {}, 200, None),
    ("another version", "GET", "Action=DescribeRegions&Version=2020-01-01", None, {}, 400,
     "InvalidVersion"),
    ("another one in the header", "GET", "Action=DescribeRegions", None,
     {"x-acs-version": "2020-01-01"}, 400, "InvalidVersion"),
    ("the parameter wins over that header", "GET", "Action=DescribeRegions&Version=2014-05-15",
     None, {"x-acs-version": "2020-01-01"}, 200, None),
    ("the query is read before the body", "POST", "Action=DescribeZones&RegionId=mars",
     "RegionId=local-1", FORM, 200, None),
    ("and the body overrides it", "POST", "Action=DescribeZones&RegionId=local-1",
     "RegionId=mars", FORM, 404, "InvalidRegionId.NotFound"),
    ("a body of another type is ignored", "POST", "Action=DescribeZones", "RegionId=mars",
     {"Content-Type": "application/json"}, 200, None),
    ("a form with a charset", "POST", "Action=DescribeZones", "RegionId=mars",
     {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}, 404,
     "InvalidRegionId.NotFound"),
    ("a regionId", "GET", "Action=DescribeZones&regionId=mars", None, {}, 404,
     "InvalidRegionId.NotFound"),
    ("a Regionid is unknown, so ignored", "GET", "Action=DescribeZones&Regionid=mars", None, {},
     200, None),
    ("what SDKs add is ignored", "GET", "Action=DescribeZones&AccessKeyId=a&Signature=b&Timestamp=x"
     "&TimeStamp=y&SignatureNonce=1&OwnerId=o&SecurityToken=s&AcceptLanguage=en", None, {}, 200,
     None),
    ("another path", "GET", None, None, {}, 404, "InvalidAction.NotFound"),
    ("PUT", "PUT", "Action=DescribeZones", None, {}, 403, "UnsupportedHTTPMethod"),
    ("DELETE", "DELETE", "Action=DescribeZones", None, {}, 403, "UnsupportedHTTPMethod"),
    ("a broken percent sequence", "GET", "Action=DescribeZones&A=%2", None, {}, 400,
     "InvalidParameter"),
    ("bytes that are no UTF-8", "GET", "Action=DescribeZones&A=%FF", None, {}, 400,
     "InvalidParameter"),
]


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_rows(lab, row):
    _, method, query, body, headers, status, code = row
    target = "/other?Action=DescribeZones" if query is None else f"/?{query}"
    answer = lab.api.request(method, target, body, headers)
    assert (answer.status, answer.code, answer.type) == (status, code, JSON), answer.body
    assert ID.fullmatch(answer.json["RequestId"])
    if code:
        assert answer.json["HostId"] == "test-gateway"


def test_head_has_no_body(lab):
    answer = lab.api.request("HEAD", "/?Action=DescribeRegions")
    assert (answer.status, answer.body) == (403, "")


def test_format(lab):
    for word, kind in ("xml", XML), ("XML", XML), ("Xml", XML), ("json", JSON), ("yaml", JSON):
        answer = lab.api.request("GET", f"/?Action=DescribeRegions&Format={word}", None,
                                 {"Accept": "text/xml"})
        assert (answer.status, answer.type) == (200, kind), word
    root = xml.etree.ElementTree.fromstring(
        lab.api.ask("DescribeRegions", format="XML").body)
    assert root.tag == "DescribeRegionsResponse"
    assert [e.text for e in root.findall("Regions/Region/RegionId")] == ["local-1", "local-2"]


def test_error_in_xml(lab):
    answer = lab.api.ask("SetLoadBalancerName", Format="XML", LoadBalancerId="lb-none",
                         LoadBalancerName="a<&'\"b")
    root = xml.etree.ElementTree.fromstring(answer.body)
    assert (answer.status, answer.type, root.tag) == (400, XML, "Error")
    assert root.findtext("Code") == "InvalidParameter"
    assert root.findtext("Message") == "The Lb Name is Not supported."
    assert "a<&'\"b" in root.findtext("Detail")
    assert ID.fullmatch(root.findtext("RequestId")) and root.findtext("HostId") == "test-gateway"
    # errors from before the action is known, too
    for query in "Format=xml", "Format=xml&Action=NoSuch", "Format=xml&Action=DescribeRules":
        assert lab.api.request("GET", f"/?{query}").body.startswith(
            '<?xml version="1.0" encoding="UTF-8"?>'), query


def test_what_is_left_out_names_its_layer(lab):
    for action, why in (("CreateLoadBalancerHTTPListener", "layer 7"), ("DescribeRules", "layer 7"),
                        ("UploadServerCertificate", "layer 7"), ("MoveResourceGroup", "cloud"),
                        ("AddTags", "old form"), ("CreateAccessControlList", "not built yet")):
        answer = lab.api.ask(action)
        assert answer.error == (400, "UnsupportedOperation",
                                "The specified action is not supported."), action
        assert why in answer.detail, action
    assert lab.api.ask("CreateLoadBalancerQUICListener").code == "InvalidAction.NotFound"


def test_lists(lab):
    """N from 1, in the order of N, gaps allowed; which of query and body named it does not matter."""
    body = urlencode({"IpAddress.7": "10.2.0.77", "IpAddress.2": "10.2.0.72"})
    answer = lab.api.request("POST", "/?Action=RegisterInstance&InstanceId=i-list&IpAddress.3=10.2.0.73"
                             "&ipAddress.9=10.2.0.79", body, FORM)
    assert answer.status == 200, answer.body
    item = lab.api.call("DescribeInstances", **{"InstanceId.5": "i-list"})["Instances"]["Instance"]
    assert item[0]["IpAddresses"]["IpAddress"] == ["10.2.0.72", "10.2.0.73", "10.2.0.77",
                                                   "10.2.0.79"]
    for bad in "IpAddress.0", "IpAddress.01", "IpAddress.x", "IpAddress.", "IpAddress.1.2":
        assert lab.api.ask("RegisterInstance", **{bad: "10.2.0.1"}).code == "InvalidParameter", bad
    lab.api.call("DeregisterInstance", InstanceId="i-list")
