// SPDX-License-Identifier: BSD-2-Clause
/*
 * See client.h. An answer comes from the other side of a trust border, as a socket may be anybody's:
 * its size is bounded, it must be a JSON object, and what is printed of it is cleaned first.
 */
#include "client.h"

#include "command.h"
#include "parameters.h"
#include "sluice_api.h"
#include "format.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ANSWER_MAX (256UL << 20)
#define CONNECT_SECONDS 5L
#define WATCH_MS 200
#define ANSWER_SECONDS 60L /* reads take 3 s at most, but a mutation waits for a slow disk */

struct client {
	CURL *curl;
	const char *socket;
	const char *region;
	const volatile sig_atomic_t *ended; /* NULL: only time ends a call */
	void (*watch)(void *arg); /* of a long call; NULL: nobody does */
	void *watch_arg;
	char trouble[CURL_ERROR_SIZE];
};

struct client *client_new(const char *socket, const char *region)
{
	struct client *client = checked(calloc(1, sizeof(*client)));

	client->curl = checked(curl_easy_init());
	client->socket = socket;
	client->region = region;
	return client;
}

void client_free(struct client *client)
{
	if (!client)
		return;
	curl_easy_cleanup(client->curl);
	free(client);
}

void client_end_by(struct client *client, const volatile sig_atomic_t *flag)
{
	client->ended = flag;
}

void client_watch(struct client *client, void (*watch)(void *arg), void *arg)
{
	client->watch = watch;
	client->watch_arg = arg;
}

void answer_clear(struct answer *answer)
{
	cJSON_Delete(answer->tree);
	free(answer->body);
	*answer = (struct answer){ 0 };
}

static size_t receive(char *data, size_t size, size_t count, void *arg)
{
	struct answer *answer = arg;
	size_t length = size * count;

	if (answer->length + length > ANSWER_MAX)
		return 0;
	answer->body = checked(realloc(answer->body, answer->length + length + 1));
	memcpy(answer->body + answer->length, data, length);
	answer->length += length;
	answer->body[answer->length] = '\0';
	return length;
}

/* What means something in a form is escaped, and no more: JSON would get twice as long. */
static void form_text(FILE *form, const char *text)
{
	static const char plain[] = "-._~$(){}[]:;,/@!*'\"\\";

	for (; *text; text++) {
		if ((*text >= '0' && *text <= '9') ||
		    ((*text | 32) >= 'a' && (*text | 32) <= 'z') || strchr(plain, *text))
			putc_unlocked(*text, form);
		else
			fprintf(form, "%%%02X", (unsigned char)*text);
	}
}

static void form_add(FILE *form, const char *name, const char *value)
{
	if (ftell(form) > 0)
		fputc('&', form);
	form_text(form, name);
	fputc('=', form);
	form_text(form, value);
}

static char *form_make(const struct client *client, const char *action,
		       const struct parameters *parameters)
{
	char *text = NULL;
	size_t length;
	FILE *form = checked(open_memstream(&text, &length));

	form_add(form, "Action", action);
	form_add(form, "Version", SLUICE_API_VERSION);
	if (client->region)
		form_add(form, "RegionId", client->region);
	for (size_t i = 0; i < parameters->count; i++) {
		if (strcmp(parameters->list[i].name, "Action") != 0)
			form_add(form, parameters->list[i].name, parameters->list[i].value);
	}
	fclose(form);
	return checked(text);
}

/* Called about once a second, also while nothing comes. */
static int look_for_end(void *arg, curl_off_t down_all, curl_off_t down, curl_off_t up_all,
			curl_off_t up)
{
	const struct client *client = arg;

	(void)down_all, (void)down, (void)up_all, (void)up;
	return client->ended && *client->ended;
}

/* The same transfer with somebody who looks on. */
static CURLcode transfer_watched(const struct client *client)
{
	CURLM *many = checked(curl_multi_init());
	CURLcode result = CURLE_RECV_ERROR; /* unless it is told how it ended */
	int running = 1, left;
	const CURLMsg *message;

	curl_multi_add_handle(many, client->curl);
	while (!curl_multi_perform(many, &running) && running) {
		client->watch(client->watch_arg);
		curl_multi_poll(many, NULL, 0, WATCH_MS, NULL);
	}
	while ((message = curl_multi_info_read(many, &left))) {
		if (message->msg == CURLMSG_DONE)
			result = message->data.result;
	}
	curl_multi_remove_handle(many, client->curl);
	curl_multi_cleanup(many);
	return result;
}

static CURLcode transfer(struct client *client, const char *form, struct answer *answer,
			 bool is_long)
{
	CURL *curl = client->curl;
	/* Nobody waits for a word of consent before sending what is long. */
	struct curl_slist *headers = checked(curl_slist_append(NULL, "Expect:"));
	CURLcode result;

	client->trouble[0] = '\0';
	curl_easy_reset(curl);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, client->trouble);
	curl_easy_setopt(curl, CURLOPT_URL, "http://localhost/");
	curl_easy_setopt(curl, CURLOPT_PROXY, ""); /* an http_proxy is not for a local socket */
	curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, client->socket);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)strlen(form));
	curl_easy_setopt(curl, CURLOPT_POSTFIELDS, form);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, CONNECT_SECONDS);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, is_long ? 0 : ANSWER_SECONDS);
	curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, look_for_end);
	curl_easy_setopt(curl, CURLOPT_XFERINFODATA, client);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);
	result = is_long && client->watch ? transfer_watched(client) : curl_easy_perform(curl);
	if (!result)
		curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer->status);
	curl_slist_free_all(headers);
	return result;
}

/* Why there is no answer, and what to do about it. */
static int report_silence(struct client *client, CURLcode result)
{
	long number = 0;

	curl_easy_getinfo(client->curl, CURLINFO_OS_ERRNO, &number);
	if (result == CURLE_COULDNT_CONNECT && number == EACCES)
		fprintf(stderr,
			"sluicectl: no permission to use the socket %s: be root, or in its group\n",
			client->socket);
	else if (result == CURLE_COULDNT_CONNECT)
		fprintf(stderr,
			"sluicectl: no daemon answers on the socket %s: %s (is sluiced running? "
			"--socket or " SLUICE_SOCKET_ENV " names another socket)\n",
			client->socket, number ? strerror((int)number) : client->trouble);
	else if (result == CURLE_OPERATION_TIMEDOUT)
		fprintf(stderr,
			"sluicectl: the daemon on %s has not answered in time; a change may still "
			"take effect\n",
			client->socket);
	else
		fprintf(stderr, "sluicectl: no usable answer from the socket %s: %s\n",
			client->socket,
			client->trouble[0] ? client->trouble : curl_easy_strerror(result));
	return EXIT_NO_DAEMON;
}

/* A string member, cleaned; NULL if it has none. */
static char *member(const cJSON *tree, const char *name)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(tree, name));

	return text && text[0] ? format_clean(text, strlen(text), "") : NULL;
}

static int report_refusal(const struct answer *answer)
{
	char *code = member(answer->tree, "Code");
	char *message = member(answer->tree, "Message");
	char *detail = member(answer->tree, "Detail");
	char *request = member(answer->tree, "RequestId");

	if (code)
		fprintf(stderr, "sluicectl: %s: %s", code, message ? message : "");
	else
		fprintf(stderr, "sluicectl: the daemon answered HTTP %ld without a reason",
			answer->status);
	if (detail)
		fprintf(stderr, "\n  %s", detail);
	if (request)
		fprintf(stderr, " (RequestId %s)", request);
	fputc('\n', stderr);
	free(code);
	free(message);
	free(detail);
	free(request);
	return EXIT_REFUSED;
}

static int report_nonsense(const struct client *client)
{
	fprintf(stderr, "sluicectl: the answer from the socket %s is not a JSON object\n",
		client->socket);
	return EXIT_REFUSED;
}

static int settle(struct client *client, CURLcode result, struct answer *answer, bool quiet)
{
	if (result)
		return quiet ? EXIT_NO_DAEMON : report_silence(client, result);
	if (answer->body)
		answer->tree = cJSON_ParseWithLength(answer->body, answer->length);
	if (answer->status != 200)
		return quiet ? EXIT_REFUSED : report_refusal(answer);
	if (!cJSON_IsObject(answer->tree))
		return quiet ? EXIT_REFUSED : report_nonsense(client);
	return EXIT_OK;
}

/* Any other answer than one that was refused as a whole may come after the change was made. */
static bool promises_nothing_done(long status)
{
	return (status >= 400 && status < 500) || status == 503;
}

int client_call(struct client *client, const char *action, const struct parameters *parameters,
		struct answer *answer, bool quiet)
{
	char *form = form_make(client, action, parameters);
	CURLcode result;

	*answer = (struct answer){ 0 };
	result = transfer(client, form, answer, false);
	free(form);
	return settle(client, result, answer, quiet);
}

int client_call_long(struct client *client, const char *action, const struct parameters *parameters,
		     struct answer *answer)
{
	char *form = form_make(client, action, parameters);
	CURLcode result;
	int outcome;

	*answer = (struct answer){ 0 };
	if (strlen(form) > SLUICE_CHANGES_BYTES) {
		fprintf(stderr, "sluicectl: %s would take %zu bytes, at most %d\n", action,
			strlen(form), SLUICE_CHANGES_BYTES);
		free(form);
		return EXIT_REFUSED;
	}
	result = transfer(client, form, answer, true);
	free(form);
	outcome = settle(client, result, answer, false);
	return outcome == EXIT_REFUSED && !promises_nothing_done(answer->status) ? EXIT_NO_DAEMON
										 : outcome;
}
