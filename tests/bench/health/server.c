// SPDX-License-Identifier: BSD-2-Clause
/*
 * What the prober is measured against: on port 8080 of whatever address is the machine's own, an HTTP
 * server that answers 200 and closes, and a UDP echo. Says "ready" when it listens, and ends when its
 * standard input does.
 */
#include <arpa/inet.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define PORT 8080
#define BACKLOG 4096
#define BURST 64

static const char reply[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

static void on_request(evutil_socket_t fd, short what, void *arg)
{
	struct event *event = *(struct event **)arg;
	char request[1024];
	ssize_t size = recv(fd, request, sizeof(request), 0);

	(void)what;
	if (size > 0 && send(fd, reply, sizeof(reply) - 1, MSG_NOSIGNAL) < 0)
		fprintf(stderr, "a reply could not be sent\n");
	event_free(event);
	free(arg);
	close(fd);
}

static void on_connection(evutil_socket_t listener, short what, void *arg)
{
	(void)what;
	for (unsigned int i = 0; i < BURST; i++) {
		int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		struct event **event = fd < 0 ? NULL : malloc(sizeof(struct event *));

		if (!event)
			return;
		*event = event_new(arg, fd, EV_READ, on_request, event);
		event_add(*event, NULL);
	}
}

/* The answer comes from the address that was asked. */
static void on_datagram(evutil_socket_t fd, short what, void *arg)
{
	char bytes[256], control[CMSG_SPACE(sizeof(struct in_pktinfo))];
	struct sockaddr_in from;
	struct iovec piece = { .iov_base = bytes, .iov_len = sizeof(bytes) };
	struct msghdr message = { .msg_name = &from,
				  .msg_namelen = sizeof(from),
				  .msg_iov = &piece,
				  .msg_iovlen = 1,
				  .msg_control = control,
				  .msg_controllen = sizeof(control) };
	ssize_t size = recvmsg(fd, &message, 0);
	struct cmsghdr *header = size < 0 ? NULL : CMSG_FIRSTHDR(&message);
	struct in_pktinfo *info = header ? (struct in_pktinfo *)CMSG_DATA(header) : NULL;

	(void)what;
	(void)arg;
	if (!info)
		return;
	info->ipi_spec_dst = info->ipi_addr;
	info->ipi_ifindex = 0;
	piece.iov_len = (size_t)size;
	if (sendmsg(fd, &message, 0) < 0)
		fprintf(stderr, "an answer could not be sent\n");
}

static void on_input(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	event_base_loopbreak(arg);
}

static int serve(struct event_base *base, int type, event_callback_fn callback)
{
	const struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = htons(PORT) };
	const int on = 1;
	int fd = socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct event *event;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (fd < 0 || bind(fd, (const struct sockaddr *)&any, sizeof(any)))
		return -1;
	if (type == SOCK_STREAM ? listen(fd, BACKLOG)
				: setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on)))
		return -1;
	event = event_new(base, fd, EV_READ | EV_PERSIST, callback, base);
	return event ? event_add(event, NULL) : -1;
}

int main(void)
{
	struct event_base *base = event_base_new();
	struct event *input = event_new(base, STDIN_FILENO, EV_READ, on_input, base);
	struct rlimit files;

	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	if (event_add(input, NULL) || serve(base, SOCK_STREAM, on_connection) ||
	    serve(base, SOCK_DGRAM, on_datagram)) {
		perror("bench_server");
		return 1;
	}
	printf("ready\n");
	fflush(stdout);
	event_base_dispatch(base);
	return 0;
}
