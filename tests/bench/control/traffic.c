// SPDX-License-Identifier: BSD-2-Clause
/*
 * Traffic in which each packet is accounted for.
 *   traffic serve PORT          echoes TCP and UDP
 *   traffic send ADDRESS PORT   sends at a steady pace until its input ends, then says what came of it
 * Three kinds a second: new connections, each asked once and reset; messages on connections that stay
 * open; datagrams of flows that go on. One message at a time is under way on a connection, so that each
 * is a packet of its own.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define NEW_A_SECOND 400
#define HELD_A_SECOND 1000
#define DATAGRAMS_A_SECOND 500
#define HELD 100 /* connections, and as many flows of datagrams */
#define BURST 16 /* of a kind at once; what a sender that was held up has missed is left out */
#define PATIENCE_MS 3000
#define EVENTS 64

enum kind { LISTENER, ECHO, DATAGRAMS_ECHO, INPUT, NEW, HELD_OPEN, DATAGRAMS };

struct line {
	int fd;
	enum kind kind;
	bool asked;
};

static struct {
	uint64_t asked, answered, failed;
} counts[DATAGRAMS + 1];

static int events_fd;
static struct sockaddr_in target = { .sin_family = AF_INET };
static struct line *held[HELD], *flows[HELD];

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static uint64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static struct line *watch(int fd, enum kind kind, uint32_t events)
{
	struct line *line = calloc(1, sizeof(*line));
	struct epoll_event event = { .events = events, .data.ptr = line };

	if (fd < 0 || !line)
		die("a socket");
	line->fd = fd;
	line->kind = kind;
	if (epoll_ctl(events_fd, EPOLL_CTL_ADD, fd, &event))
		die("epoll_ctl");
	return line;
}

static void drop(struct line *line, bool reset)
{
	const struct linger linger = { .l_onoff = 1 };

	if (reset)
		setsockopt(line->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	close(line->fd);
	free(line);
}

/* --- the server --- */

static void echo(struct line *line)
{
	char bytes[2048];
	ssize_t length = recv(line->fd, bytes, sizeof(bytes), 0);

	if (length < 0 && errno == EAGAIN)
		return;
	if (length <= 0 || send(line->fd, bytes, (size_t)length, MSG_NOSIGNAL) != length)
		drop(line, false);
}

static void echo_datagrams(const struct line *line)
{
	struct sockaddr_in from;
	socklen_t size = sizeof(from);
	char bytes[2048];
	ssize_t length;

	while ((length = recvfrom(line->fd, bytes, sizeof(bytes), 0, (struct sockaddr *)&from,
				  &size)) >= 0)
		(void)sendto(line->fd, bytes, (size_t)length, 0, (struct sockaddr *)&from, size);
}

static void serve(void)
{
	const int on = 1;
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	int datagrams = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	struct epoll_event events[EVENTS];

	target.sin_addr.s_addr = INADDR_ANY;
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(listener, (struct sockaddr *)&target, sizeof(target)) || listen(listener, 4096) ||
	    bind(datagrams, (struct sockaddr *)&target, sizeof(target)))
		die("bind");
	watch(listener, LISTENER, EPOLLIN);
	watch(datagrams, DATAGRAMS_ECHO, EPOLLIN);
	puts("ready");
	fflush(stdout);
	for (;;) {
		int count = epoll_wait(events_fd, events, EVENTS, -1);

		for (int i = 0; i < count; i++) {
			struct line *line = events[i].data.ptr;
			int fd;

			if (line->kind == ECHO)
				echo(line);
			else if (line->kind == DATAGRAMS_ECHO)
				echo_datagrams(line);
			else if ((fd = accept4(line->fd, NULL, NULL, SOCK_NONBLOCK)) >= 0)
				watch(fd, ECHO, EPOLLIN);
		}
	}
}

/* --- the client --- */

static void ask(struct line *line)
{
	line->asked = send(line->fd, "question", 8, MSG_NOSIGNAL) == 8;
	if (!line->asked)
		counts[line->kind].failed++;
	else if (line->kind != NEW)
		counts[line->kind].asked++;
}

/* Connected, with its first message to come; one that stays open is connected when this returns. */
static struct line *open_line(enum kind kind)
{
	int type = kind == DATAGRAMS ? SOCK_DGRAM : SOCK_STREAM;
	int fd = socket(AF_INET, type | (kind == NEW ? SOCK_NONBLOCK : 0), 0);
	const int on = 1;

	if (connect(fd, (struct sockaddr *)&target, sizeof(target)) && errno != EINPROGRESS)
		die("connect");
	if (type == SOCK_STREAM)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return watch(fd, kind, kind == NEW ? EPOLLOUT : EPOLLIN);
}

static void begin_new(void)
{
	counts[NEW].asked++;
	open_line(NEW);
}

/* The next one that has its answer; all may be waiting. */
static void ask_next(struct line *lines[], unsigned int *next)
{
	for (int i = 0; i < HELD; i++) {
		struct line *line = lines[(*next)++ % HELD];

		if (line->asked)
			continue;
		ask(line);
		return;
	}
}

static void on_new(struct line *line, uint32_t events)
{
	struct epoll_event wanted = { .events = EPOLLIN, .data.ptr = line };
	char bytes[64];

	if (!line->asked && !(events & (EPOLLERR | EPOLLHUP))) {
		ask(line);
		epoll_ctl(events_fd, EPOLL_CTL_MOD, line->fd, &wanted);
		return;
	}
	if (recv(line->fd, bytes, sizeof(bytes), MSG_DONTWAIT) > 0)
		counts[NEW].answered++;
	else
		counts[NEW].failed++;
	drop(line, true);
}

static void on_answer(struct line *line)
{
	char bytes[64];
	ssize_t length = recv(line->fd, bytes, sizeof(bytes), MSG_DONTWAIT);

	if (length > 0) {
		counts[line->kind].answered++;
		line->asked = false;
		return;
	}
	/* A held connection that ended is asked no more. */
	counts[line->kind].failed++;
	epoll_ctl(events_fd, EPOLL_CTL_DEL, line->fd, NULL);
}

static uint64_t waiting(void)
{
	uint64_t sum = 0;

	for (enum kind kind = NEW; kind <= DATAGRAMS; kind++)
		sum += counts[kind].asked - counts[kind].answered;
	return sum;
}

struct pace {
	unsigned int a_second, next;
	uint64_t done;
};

static unsigned int due(struct pace *pace, uint64_t since_us)
{
	uint64_t wanted = since_us * pace->a_second / 1000000, count = wanted - pace->done;

	pace->done = wanted;
	return count < BURST ? (unsigned int)count : BURST;
}

static void send_due(uint64_t since_us)
{
	static struct pace new = { NEW_A_SECOND, 0, 0 }, open = { HELD_A_SECOND, 0, 0 },
			   datagrams = { DATAGRAMS_A_SECOND, 0, 0 };

	for (unsigned int i = due(&new, since_us); i; i--)
		begin_new();
	for (unsigned int i = due(&open, since_us); i; i--)
		ask_next(held, &open.next);
	for (unsigned int i = due(&datagrams, since_us); i; i--)
		ask_next(flows, &datagrams.next);
}

/* True as long as the input is open. */
static bool look(int patience_ms)
{
	struct epoll_event events[EVENTS];
	int count = epoll_wait(events_fd, events, EVENTS, patience_ms);
	bool goes_on = true;

	for (int i = 0; i < count; i++) {
		struct line *line = events[i].data.ptr;

		if (line->kind == INPUT)
			goes_on = false;
		else if (line->kind == NEW)
			on_new(line, events[i].events);
		else
			on_answer(line);
	}
	return goes_on;
}

static void send_all(void)
{
	static const char *const names[] = {
		[NEW] = "new", [HELD_OPEN] = "held", [DATAGRAMS] = "datagrams"
	};
	uint64_t begun_us, ended_us;
	struct line *input;

	for (int i = 0; i < HELD; i++) {
		held[i] = open_line(HELD_OPEN);
		flows[i] = open_line(DATAGRAMS);
	}
	input = watch(STDIN_FILENO, INPUT, EPOLLIN);
	puts("ready");
	fflush(stdout);
	begun_us = now_us();
	while (look(1))
		send_due(now_us() - begun_us);
	ended_us = now_us();
	epoll_ctl(events_fd, EPOLL_CTL_DEL, input->fd, NULL);
	while (waiting() && now_us() < ended_us + PATIENCE_MS * 1000)
		look(10);
	printf("{");
	for (enum kind kind = NEW; kind <= DATAGRAMS; kind++)
		printf("\"%s\": {\"asked\": %lu, \"answered\": %lu, \"failed\": %lu}, ",
		       names[kind], counts[kind].asked, counts[kind].answered, counts[kind].failed);
	printf("\"seconds\": %.3f}\n", (double)(ended_us - begun_us) / 1e6);
}

int main(int argc, char **argv)
{
	events_fd = epoll_create1(0);
	if (argc == 3 && !strcmp(argv[1], "serve")) {
		target.sin_port = htons((uint16_t)atoi(argv[2]));
		serve();
	} else if (argc == 4 && !strcmp(argv[1], "send") &&
		   inet_pton(AF_INET, argv[2], &target.sin_addr) == 1) {
		target.sin_port = htons((uint16_t)atoi(argv[3]));
		send_all();
	} else {
		fprintf(stderr, "usage: traffic serve PORT | send ADDRESS PORT\n");
		return 2;
	}
	return 0;
}
