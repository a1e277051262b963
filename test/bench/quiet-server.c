/*
 * The other side of the bench, so cheap that it is not what is measured: DNS and mail servers of as many hosts as one asks
 * for, in one process on loopback.
 *
 *   quiet-server CA-FILE PROVIDERS
 *
 * d<N>.example has the MX host mx.d<N>.example, s<N>.example the host of provider N modulo PROVIDERS; each host has an address
 * and a certificate (of its own, under one intermediate) that is minted when it is first asked for. Says its two ports on
 * standard output when it is ready. Reads orders on standard input, a line each, and answers each with a line:
 *
 *   delay MS     before each reply of DNS and SMTP, and before the server's part of the handshake
 *   quit MS      before the reply to QUIT
 *   renew N      hosts 0, N, 2 N and so on have another certificate from now on
 *   count        conversations that reached TLS, questions
 *
 * and ends with its input.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { MOST_HOSTS = 1 << 20, PER_NETWORK = 64 };

static long delay_ms, quit_ms, providers;
static unsigned long conversations, questions;
static int epoll, dns;
static SSL_CTX *tls;
static EVP_PKEY *root_key, *under_key, *leaf_key;
static X509 *under, *leaves[MOST_HOSTS];

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

/* What is to be done later, the earliest first. */
struct later {
    double at;
    void (*act)(void *);
    void *on;
};
static struct later *heap;
static size_t heap_size, heap_room;

static void do_later(long ms, void (*act)(void *), void *on)
{
    if (ms <= 0) {
        act(on);
        return;
    }
    if (heap_size == heap_room) {
        heap_room = heap_room ? 2 * heap_room : 1024;
        heap = realloc(heap, heap_room * sizeof *heap);
    }
    size_t i = heap_size++;
    struct later one = {now_ms() + ms, act, on};
    for (; i > 0 && heap[(i - 1) / 2].at > one.at; i = (i - 1) / 2)
        heap[i] = heap[(i - 1) / 2];
    heap[i] = one;
}

static struct later take_earliest(void)
{
    struct later first = heap[0], last = heap[--heap_size];
    size_t i = 0;
    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= heap_size)
            break;
        if (child + 1 < heap_size && heap[child + 1].at < heap[child].at)
            child++;
        if (heap[child].at >= last.at)
            break;
        heap[i] = heap[child];
        i = child;
    }
    heap[i] = last;
    return first;
}

/* Certificates. */

static void extend(X509 *certificate, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    if (extension == NULL)
        die(value);
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

static X509 *mint(const char *name, long serial, EVP_PKEY *key, X509 *issuer, EVP_PKEY *issuer_key, const char *names)
{
    X509 *certificate = X509_new();
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -86400L);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 80 * 86400L);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC, (const unsigned char *) name, -1, -1, 0);
    if (issuer == NULL)
        issuer = certificate;
    X509_set_issuer_name(certificate, X509_get_subject_name(issuer));
    X509_set_pubkey(certificate, key);
    extend(certificate, issuer, NID_basic_constraints, names == NULL ? "critical,CA:TRUE" : "critical,CA:FALSE");
    extend(certificate, issuer, NID_key_usage, names == NULL ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature");
    extend(certificate, issuer, NID_subject_key_identifier, "hash");
    if (issuer != certificate)
        extend(certificate, issuer, NID_authority_key_identifier, "keyid");
    if (names != NULL) {
        extend(certificate, issuer, NID_ext_key_usage, "serverAuth");
        extend(certificate, issuer, NID_subject_alt_name, names);
    }
    if (X509_sign(certificate, issuer_key, EVP_sha256()) == 0)
        die("sign");
    return certificate;
}

static X509 *leaf_of(long host)
{
    static long serial = 1000;
    char name[64], names[128];
    if (leaves[host] == NULL) {
        snprintf(name, sizeof name, "mx.d%ld.example", host);
        snprintf(names, sizeof names, "DNS:%s,DNS:autodiscover.d%ld.example,DNS:mail.d%ld.example", name, host, host);
        leaves[host] = mint(name, ++serial, leaf_key, under, under_key, names);
    }
    return leaves[host];
}

static void renew(long every)
{
    for (long host = 0; every > 0 && host < MOST_HOSTS; host += every) {
        X509_free(leaves[host]);
        leaves[host] = NULL;
    }
}

static void mint_authority(const char *file)
{
    root_key = EVP_EC_gen("P-256");
    under_key = EVP_EC_gen("P-256");
    leaf_key = EVP_EC_gen("P-256");
    X509 *root = mint("Bench Root", 1, root_key, NULL, root_key, NULL);
    under = mint("Bench Intermediate", 2, under_key, root, root_key, NULL);
    FILE *out = fopen(file, "w");
    if (out == NULL)
        die(file);
    PEM_write_X509(out, root);
    fclose(out);
}

/* Where host N is: 64 hosts a /24, below 127.64.0.0. */

static uint32_t address_of(long host)
{
    long network = host / PER_NETWORK;
    return (127u << 24) | ((64 + (network >> 8)) << 16) | ((network & 255) << 8) | (1 + host % PER_NETWORK);
}

static long host_at(uint32_t address)
{
    long network = (((address >> 16) & 255) - 64) * 256 + ((address >> 8) & 255);
    long host = network * PER_NETWORK + (address & 255) - 1;
    return host >= 0 && host < MOST_HOSTS ? host : 0;
}

/* DNS. */

struct answer {
    struct sockaddr_in to;
    size_t length;
    unsigned char bytes[700];
};

static void send_answer(void *on)
{
    struct answer *answer = on;
    sendto(dns, answer->bytes, answer->length, 0, (struct sockaddr *) &answer->to, sizeof answer->to);
    free(answer);
}

static unsigned char *put_name(unsigned char *at, const char *name)
{
    while (*name) {
        size_t length = strcspn(name, ".");
        *at++ = length;
        memcpy(at, name, length);
        at += length;
        name += length + (name[length] == '.');
    }
    *at++ = 0;
    return at;
}

static unsigned char *put_record(unsigned char *at, int type, const unsigned char *data, size_t length)
{
    unsigned char head[] = {0xc0, 12, 0, type, 0, 1, 0, 0, 14, 16, length >> 8, length & 255};
    memcpy(at, head, sizeof head);
    memcpy(at + sizeof head, data, length);
    return at + sizeof head + length;
}

static void answer_question(const unsigned char *query, size_t length, struct sockaddr_in *from)
{
    char name[300] = "", host[64];
    size_t at = 12, used = 0;
    while (at < length && query[at] != 0 && used + query[at] + 2 < sizeof name) {
        if (used)
            name[used++] = '.';
        memcpy(name + used, query + at + 1, query[at]);
        used += query[at];
        at += query[at] + 1;
    }
    name[used] = 0;
    at += 5;
    if (at > length || at > 400)
        return;
    questions++;
    int type = query[at - 3];
    struct answer *answer = malloc(sizeof *answer);
    answer->to = *from;
    unsigned char *bytes = answer->bytes, *end = bytes + at;
    memcpy(bytes, query, at);
    bytes[2] = 0x81;
    bytes[3] = 0x80;
    memset(bytes + 6, 0, 6);
    long number;
    if (type == 15 && (sscanf(name, "d%ld.example", &number) == 1 || sscanf(name, "s%ld.example", &number) == 1)) {
        unsigned char data[80] = {0, 10};
        snprintf(host, sizeof host, "mx.d%ld.example", name[0] == 's' ? number % providers : number);
        end = put_record(end, 15, data, put_name(data + 2, host) - data);
        bytes[7] = 1;
    } else if (type == 1 && sscanf(name, "mx.d%ld.example", &number) == 1 && number < MOST_HOSTS) {
        uint32_t address = htonl(address_of(number));
        end = put_record(end, 1, (unsigned char *) &address, 4);
        bytes[7] = 1;
    }
    answer->length = end - bytes;
    do_later(delay_ms, send_answer, answer);
}

static void hear_questions(void)
{
    unsigned char query[1500];
    struct sockaddr_in from;
    socklen_t size = sizeof from;
    ssize_t length;
    while ((length = recvfrom(dns, query, sizeof query, 0, (struct sockaddr *) &from, &size)) > 16)
        answer_question(query, length, &from);
}

/* SMTP. */

struct connection {
    int fd;
    long host;
    SSL *ssl;
    enum { PLAIN, HELLO, SHAKING, INSIDE } state;
    const char *say;
    int waits, gone, ends;
    size_t used;
    char line[1024];
};

static void hear(struct connection *);

static void let_go(struct connection *one)
{
    one->gone = 1;
    if (one->fd >= 0)
        close(one->fd);
    one->fd = -1;
    if (one->waits)
        return;
    SSL_free(one->ssl);
    free(one);
}

static void speak(void *on)
{
    struct connection *one = on;
    one->waits = 0;
    if (one->gone) {
        let_go(one);
        return;
    }
    int length = strlen(one->say);
    if (one->state == INSIDE)
        SSL_write(one->ssl, one->say, length);
    else if (write(one->fd, one->say, length) != length)
        one->ends = 1;
    if (one->ends)
        let_go(one);
    else
        hear(one);
}

static void reply(struct connection *one, const char *say, long ms)
{
    one->say = say;
    one->waits = 1;
    do_later(ms, speak, one);
}

static void shake(void *on)
{
    struct connection *one = on;
    one->waits = 0;
    if (one->gone) {
        let_go(one);
        return;
    }
    one->state = SHAKING;
    hear(one);
}

static void obey(struct connection *one, const char *line)
{
    if (strncasecmp(line, "EHLO", 4) == 0)
        reply(one, one->state == INSIDE ? "250-mx\r\n250 SIZE 1000\r\n" : "250-mx\r\n250-SIZE 1000\r\n250 STARTTLS\r\n", delay_ms);
    else if (strncasecmp(line, "QUIT", 4) == 0) {
        one->ends = 1;
        reply(one, "221 bye\r\n", delay_ms + quit_ms);
    } else
        reply(one, "502 no\r\n", delay_ms);
}

/* Reads what is there, unless a reply is still to be given. */
static void hear(struct connection *one)
{
    while (!one->waits) {
        if (one->state == HELLO) {
            char first;
            ssize_t got = recv(one->fd, &first, 1, MSG_PEEK);
            if (got == 0 || (got < 0 && errno != EAGAIN))
                let_go(one);
            else if (got > 0) {
                one->waits = 1;
                do_later(delay_ms, shake, one);
            }
            return;
        }
        if (one->state == SHAKING) {
            int done = SSL_accept(one->ssl);
            if (done != 1) {
                if (SSL_get_error(one->ssl, done) != SSL_ERROR_WANT_READ)
                    let_go(one);
                return;
            }
            conversations++;
            one->state = INSIDE;
        }
        char byte;
        ssize_t got;
        int again;
        if (one->state == INSIDE) {
            got = SSL_read(one->ssl, &byte, 1);
            again = got <= 0 && SSL_get_error(one->ssl, got) == SSL_ERROR_WANT_READ;
        } else {
            got = read(one->fd, &byte, 1);
            again = got < 0 && errno == EAGAIN;
        }
        if (again)
            return;
        if (got <= 0) {
            let_go(one);
            return;
        }
        if (one->used < sizeof one->line - 1)
            one->line[one->used++] = byte;
        if (byte != '\n')
            continue;
        one->line[one->used] = 0;
        one->used = 0;
        if (one->state == PLAIN && strncasecmp(one->line, "STARTTLS", 8) == 0) {
            one->ssl = SSL_new(tls);
            SSL_set_fd(one->ssl, one->fd);
            X509 *leaf = leaf_of(one->host);
            SSL_use_certificate(one->ssl, leaf);
            SSL_use_PrivateKey(one->ssl, leaf_key);
            SSL_add1_chain_cert(one->ssl, under);
            one->state = HELLO;
            reply(one, "220 go on\r\n", delay_ms);
            return;
        }
        obey(one, one->line);
        return;
    }
}

static void welcome(int listener)
{
    int fd;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        int yes = 1;
        struct sockaddr_in own;
        socklen_t size = sizeof own;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        getsockname(fd, (struct sockaddr *) &own, &size);
        struct connection *one = calloc(1, sizeof *one);
        one->fd = fd;
        one->host = host_at(ntohl(own.sin_addr.s_addr));
        struct epoll_event event = {EPOLLIN | EPOLLET, {.ptr = one}};
        epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
        reply(one, "220 mx ESMTP\r\n", delay_ms);
    }
}

/* Orders. */

static void obey_orders(void)
{
    static char orders[4096];
    static size_t used;
    ssize_t got = read(0, orders + used, sizeof orders - 1 - used);
    if (got <= 0)
        exit(0);
    used += got;
    char *end;
    long every;
    while ((end = memchr(orders, '\n', used)) != NULL) {
        *end = 0;
        if (sscanf(orders, "delay %ld", &delay_ms) == 1 || sscanf(orders, "quit %ld", &quit_ms) == 1)
            printf("ok\n");
        else if (sscanf(orders, "renew %ld", &every) == 1) {
            renew(every);
            printf("ok\n");
        } else
            printf("%lu %lu\n", conversations, questions);
        fflush(stdout);
        used -= end + 1 - orders;
        memmove(orders, end + 1, used);
    }
}

static int bound(int type, const char *address)
{
    int fd = socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), size = 4 << 20;
    struct sockaddr_in at = {.sin_family = AF_INET};
    inet_pton(AF_INET, address, &at.sin_addr);
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    if (bind(fd, (struct sockaddr *) &at, sizeof at) != 0)
        die("bind");
    if (type == SOCK_STREAM && listen(fd, 4096) != 0)
        die("listen");
    return fd;
}

static int port_of(int fd)
{
    struct sockaddr_in own;
    socklen_t size = sizeof own;
    getsockname(fd, (struct sockaddr *) &own, &size);
    return ntohs(own.sin_port);
}

int main(int argc, char **argv)
{
    if (argc != 3 || (providers = atol(argv[2])) < 1) {
        fprintf(stderr, "usage: quiet-server CA-FILE PROVIDERS\n");
        return 1;
    }
    signal(SIGPIPE, SIG_IGN);
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    mint_authority(argv[1]);
    tls = SSL_CTX_new(TLS_server_method());
    SSL_CTX_set_mode(tls, SSL_MODE_ENABLE_PARTIAL_WRITE);
    dns = bound(SOCK_DGRAM, "127.0.0.1");
    int listener = bound(SOCK_STREAM, "0.0.0.0"), input = 0;
    epoll = epoll_create1(EPOLL_CLOEXEC);
    int *ours[] = {&dns, &listener, &input};
    for (int i = 0; i < 3; i++) {
        struct epoll_event event = {EPOLLIN, {.ptr = ours[i]}};
        if (epoll_ctl(epoll, EPOLL_CTL_ADD, *ours[i], &event) != 0)
            die("epoll_ctl");
    }
    printf("%d %d\n", port_of(dns), port_of(listener));
    fflush(stdout);
    for (;;) {
        struct epoll_event events[64];
        double wait = heap_size == 0 ? -1 : heap[0].at - now_ms();
        int n = epoll_wait(epoll, events, 64, heap_size == 0 ? -1 : wait <= 0 ? 0 : (int) wait + 1);
        for (int i = 0; i < n; i++) {
            void *on = events[i].data.ptr;
            if (on == &dns)
                hear_questions();
            else if (on == &listener)
                welcome(listener);
            else if (on == &input)
                obey_orders();
            else
                hear(on);
        }
        while (heap_size > 0 && heap[0].at <= now_ms()) {
            struct later first = take_earliest();
            first.act(first.on);
        }
    }
}
