# SPDX-License-Identifier: BSD-2-Clause
"""The breakages: what each does, the text it replaces in one file, and the tests that must see it.

The text must stand in its file exactly once, else the row is out of date and that is an error. The
tests are a regular expression over ctest's names; one of them must fail.
"""
import dataclasses


@dataclasses.dataclass(frozen=True)
class Mutant:
    name: str
    says: str
    file: str
    find: str
    put: str
    tests: str


MUTANTS = [
    Mutant("fold-without-carry", "checksums lose the carry of their fold", "bpf/checksum.h",
           "\tsum = (sum & 0xffff) + (sum >> 16);\n\tsum = (sum & 0xffff) + (sum >> 16);\n",
           "\tsum &= 0xffff;\n", "bpf.program"),
    Mutant("fold-without-carry-fuzzed", "the same, to be found by random packets alone",
           "bpf/checksum.h",
           "\tsum = (sum & 0xffff) + (sum >> 16);\n\tsum = (sum & 0xffff) + (sum >> 16);\n",
           "\tsum &= 0xffff;\n", "fuzz.packets"),
    Mutant("udp-checksum-zero", "a computed UDP checksum of 0 is sent as none", "bpf/nat.h",
           "\t\tif (!udp->check)\n\t\t\tudp->check = 0xffff;\n", "", "bpf.program"),
    Mutant("generation-unchecked", "a flow takes whoever has its backend's id by now",
           "bpf/backend.h",
           "\tif (SLUICE_GET(packet->backend_word, BACKEND_GENERATION) !=\n"
           "\t    SLUICE_GET(flow, FLOW_GENERATION))\n\t\treturn SLUICE_BACKEND_GONE;\n",
           "\t(void)flow;\n", "bpf.program"),
    Mutant("reply-of-other-passed", "a TCP reply of another backend than the flow's goes through",
           "bpf/reverse.h", "return packet_drop(packet, SLUICE_COUNT_REPLY_OF_OTHER);",
           "return STEP_PASS;", "bpf.program"),
    Mutant("stopped-forwards", "a stopped listener goes on forwarding", "bpf/vip.h",
           "\tif (SLUICE_GET(packet->service_word, SERVICE_STATE) == SLUICE_SERVICE_STOPPED)\n"
           "\t\treturn packet_drop(packet, SLUICE_COUNT_LISTENER_STOPPED);\n", "", "bpf.program"),
    Mutant("loopback-source", "a packet from 127.0.0.0/8 is taken for a client's", "bpf/vip.h",
           "source >> 24 == 127 || ", "", "bpf.program"),
    Mutant("zero-weight-served", "a member of weight 0 gets a slot", "daemon/core/ring.c",
           "\t\tif (members[i].weight)\n", "", "test_ring"),
    Mutant("remainders-to-one", "what the quotas leave over goes to a single member",
           "daemon/core/ring.c", "order[i % count]->quota++;", "order[0]->quota++;", "test_ring"),
    Mutant("sync-off", "LMDB commits without a sync", "daemon/store/environment.c",
           "MDB_NOSUBDIR | flags,", "MDB_NOSUBDIR | MDB_NOSYNC | flags,", "system.durability"),
    Mutant("answer-before-disk", "success is said before the disk has it", "daemon/core/commit.c",
           "\tstore_submit(commit->store, list.ops, list.count, on_disk, commit);",
           "\tanswer_all(&commit->batch, NULL);\n"
           "\tstore_submit(commit->store, list.ops, list.count, on_disk, commit);",
           "system.(durability|stalled_disk)"),
    Mutant("record-checksum-unchecked", "a damaged record is read as it is",
           "daemon/store/record_read.c",
           "\tif (get_number(&checksum, RECORD_CHECKSUM, \"\") !=\n"
           "\t    record_crc32c(bytes, length - RECORD_CHECKSUM)) {\n",
           "\tif (get_number(&checksum, RECORD_CHECKSUM, \"\") ==\n"
           "\t    (uint64_t)-1) {\n", "test_record|test_store_damage"),
    Mutant("second-switch-skipped", "backends that drain or go down stay active in the kernel",
           "daemon/dataplane/publish.c",
           "\t\tif (step->kind == STEP_BACKEND && !becomes_active(step))\n"
           "\t\t\tswitch_backend(dataplane, step);\n", "\t\t;\n", "dataplane.publish"),
    Mutant("weights-not-published", "a change of the group alone does not reach the kernel",
           "daemon/core/groups.c",
           " &&\n\t       lb_listener_group(lb_old, before) == lb_listener_group(lb_new, after);",
           ";", "system.continuity"),
    Mutant("rollback-leaks-ids", "a batch that failed keeps its ids", "daemon/core/staging.c",
           "\t\tindex_release_ids(&model->index, entry->staged, entry->committed, NULL);\n", "",
           "test_(model|history|groups)"),
    Mutant("all-or-nothing-broken", "what the disk refused stays in memory",
           "daemon/core/commit.c", "\tmodel_rollback(commit->model);\n\tchange_list_answer(&commit->batch,",
           "\tmodel_commit(commit->model);\n\tchange_list_answer(&commit->batch,", "system.bad_input"),
    Mutant("duplicate-kept-last", "of two entries for one server the last counts",
           "daemon/core/server_rules.c",
           "static bool is_repeated(const struct add *add, const struct candidate *candidate)\n{\n"
           "\tfor (const struct candidate *earlier = add->candidates; earlier < candidate; earlier++)",
           "static bool is_repeated(const struct add *add, const struct candidate *candidate)\n{\n"
           "\tfor (const struct candidate *earlier = candidate + 1;\n"
           "\t     earlier < add->candidates + add->request->count; earlier++)", "test_(model|groups)|system.rules"),
    Mutant("quota-off-by-one", "one server more than the quota allows",
           "daemon/core/server_rules.c", "\tif (members > quota)\n",
           "\tif (members > quota + 1)\n", "test_model|system.rules"),
    Mutant("description-off-by-one", "a Description of 81 characters is taken",
           "daemon/api/backend_servers.c",
           "strlen(value->valuestring) >= sizeof(entry->out->description)",
           "strlen(value->valuestring) > sizeof(entry->out->description)",
           "test_backend_servers"),
    Mutant("two-lengths-taken", "a request with two Content-Lengths is carried out",
           "daemon/api/http.c",
           "\t\t\tif (length)\n\t\t\t\treturn \"more than one Content-Length\";\n", "",
           "test_http"),
    Mutant("two-lengths-taken-live", "the same, to be seen by the abuse of the real daemon",
           "daemon/api/http.c",
           "\t\t\tif (length)\n\t\t\t\treturn \"more than one Content-Length\";\n", "",
           "system.http_abuse"),
    Mutant("nul-in-parameter", "%00 ends a value where it stands", "daemon/api/request.c",
           "\t\tif (!to[-1])\n\t\t\tgoto broken;\n", "", "test_request"),
    Mutant("viewer-may-write", "group sluice-view may change things", "daemon/api/who.c",
           "{ .group = \"sluice-view\", .right = RIGHT_READ }",
           "{ .group = \"sluice-view\", .right = RIGHT_WRITE }", "test_who"),
    Mutant("page-off-by-one", "a page begins one item late", "daemon/api/actions_lb_list.c",
           "uint64_t first = (page - 1) * params->page_size,",
           "uint64_t first = (page - 1) * params->page_size + 1,", "sdk.clients"),
    Mutant("known-down-forgotten", "a server that is down when the daemon starts is taken for new",
           "daemon/core/states.c",
           "\t\t\t\tvitals_set_health(&model->vitals, backend->id, it.health);\n", "",
           "test_states"),
    Mutant("drain-without-end", "a drain whose time is over goes on", "daemon/core/deadlines.c",
           "\t\t\tvitals_set_expired(deadlines->vitals, deadline->backend, true);\n", "",
           "test_upkeep"),
    Mutant("drain-shortened", "the next drain has only what the last one left of its time",
           "daemon/core/deadlines.c", "\tif (!vitals_timed(deadlines->vitals, backend))\n"
           "\t\tdeadline->since_ms = now_ms;\n",
           "\tif (!deadline->since_ms)\n\t\tdeadline->since_ms = now_ms;\n", "test_upkeep"),
    Mutant("weight-zero-served", "with all unhealthy and served, those of weight 0 are too",
           "daemon/core/states.c", "!(serves_all && seat.member && seat.member->weight);",
           "!(serves_all && seat.member);", "test_states"),
    Mutant("removed-still-watched", "who is removed is checked on", "daemon/core/watch.c",
           "\t\tforget(watch, backend->id, backend->removed);\n", "\t\t;\n", "test_watch"),
    Mutant("down-waits-for-batch", "a server that dies while its listener is in a batch gets traffic",
           "daemon/core/upkeep.c",
           "\t\telse if (upkeep->dirt[service] == DIRTY)\n\t\t\tlower(upkeep, lb, listener);\n",
           "", "test_upkeep"),
    Mutant("udp-not-kept", "ConnectionDrain does not keep UDP flows", "bpf/flow.h",
           "if ((backend != SLUICE_BACKEND_ACTIVE && !keeps) ||",
           "if (backend != SLUICE_BACKEND_ACTIVE ||", "bpf.program"),
    Mutant("seen-ring-freed", "a ring that packets may be reading is written over",
           "daemon/dataplane/rings.c", "\tring->seen |= used;\n", "\tring->seen = used;\n",
           "dataplane.together"),
]
