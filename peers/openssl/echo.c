/*
 * A DTLS 1.2 echo server for many clients on OpenSSL's libssl: one UDP socket on 127.0.0.1, and for each client, found
 * by its address, an SSL with a pair of memory BIOs. Nothing is kept of a client before it has returned its cookie.
 * Prints "ready PORT"; ends with its standard input. README.md lists the options.
 */
#include <arpa/inet.h>
#include <getopt.h>
#include <openssl/err.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BUCKETS 65536
#define RECORD_HEADER 13
#define TICK_MS 250

typedef struct client {
  struct sockaddr_in address;
  SSL *ssl;
  struct client *next;
} client;

static client *table[BUCKETS], *listener;
static SSL_CTX *context;
static struct sockaddr_in here = {.sin_family = AF_INET};
static int udp, mtu = 1400;
static unsigned char cookie_key[32], psk_key[64], datagram[65536];
static long psk_length;

static unsigned bucket(const struct sockaddr_in *a) {
  return (a->sin_addr.s_addr * 2654435761u ^ a->sin_port * 40503u) % BUCKETS;
}

static int make_cookie(SSL *ssl, unsigned char *cookie, unsigned *length) {
  client *c = SSL_get_app_data(ssl);
  return HMAC(EVP_sha256(), cookie_key, sizeof cookie_key, (unsigned char *)&c->address, 8, cookie, length) != NULL;
}

static int check_cookie(SSL *ssl, const unsigned char *cookie, unsigned length) {
  unsigned char expected[EVP_MAX_MD_SIZE];
  unsigned size;
  return make_cookie(ssl, expected, &size) && size == length && !CRYPTO_memcmp(cookie, expected, size);
}

static unsigned give_psk(SSL *ssl, const char *identity, unsigned char *key, unsigned room) {
  (void)ssl, (void)identity;
  if (psk_length > room) return 0;
  memcpy(key, psk_key, psk_length);
  return psk_length;
}

static client *make_client(void) {
  client *c = calloc(1, sizeof *c);
  c->ssl = SSL_new(context);
  SSL_set_bio(c->ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  SSL_set_app_data(c->ssl, c);
  SSL_set_accept_state(c->ssl);
  DTLS_set_link_mtu(c->ssl, mtu);
  return c;
}

static void drop(client *c) {
  client **at = &table[bucket(&c->address)];
  while (*at && *at != c) at = &(*at)->next;
  if (*at) *at = c->next;
  SSL_free(c->ssl);
  free(c);
}

/* Sends what libssl has written: whole records, as many in a datagram as the MTU allows. */
static void flush(client *c) {
  char *data;
  BIO *written = SSL_get_wbio(c->ssl);
  long rest = BIO_get_mem_data(written, &data);
  while (rest >= RECORD_HEADER) {
    long size = 0;
    while (size + RECORD_HEADER <= rest) {
      long record = RECORD_HEADER + ((unsigned char)data[size + 11] << 8 | (unsigned char)data[size + 12]);
      if (size > 0 && size + record > mtu) break;
      size += record;
    }
    sendto(udp, data, size, 0, (struct sockaddr *)&c->address, sizeof c->address);
    data += size, rest -= size;
  }
  (void)BIO_reset(written);
}

/* Lets libssl read what lies in the client's BIO and echoes the application data. */
static void serve(client *c) {
  static unsigned char text[16384];
  int size;
  while ((size = SSL_read(c->ssl, text, sizeof text)) > 0) SSL_write(c->ssl, text, size);
  int error = SSL_get_error(c->ssl, size);
  /* A session that ends without our close_notify could not be resumed. */
  if (error == SSL_ERROR_ZERO_RETURN) SSL_shutdown(c->ssl);
  flush(c);
  ERR_clear_error();
  if (error == SSL_ERROR_ZERO_RETURN || error == SSL_ERROR_SSL) drop(c);
}

static void receive(const struct sockaddr_in *from, int size) {
  client *c = table[bucket(from)];
  while (c && memcmp(&c->address, from, 8)) c = c->next;
  int hello = size > RECORD_HEADER && datagram[0] == 22 && !datagram[3] && !datagram[4] && datagram[13] == 1;
  if (c && !(hello && SSL_is_init_finished(c->ssl))) {
    BIO_write(SSL_get_rbio(c->ssl), datagram, size);
    serve(c);
  } else if (hello) {
    BIO_ADDR *unused = BIO_ADDR_new();
    listener->address = *from;
    BIO_write(SSL_get_rbio(listener->ssl), datagram, size);
    int returned = DTLSv1_listen(listener->ssl, unused);
    BIO_ADDR_free(unused);
    flush(listener);
    (void)BIO_reset(SSL_get_rbio(listener->ssl));
    ERR_clear_error();
    if (returned <= 0) return;
    if (c) drop(c);
    c = listener, listener = make_client();
    c->next = table[bucket(from)], table[bucket(from)] = c;
    BIO_write(SSL_get_rbio(c->ssl), datagram, size);
    serve(c);
  }
}

static void retransmit(void) {
  for (int i = 0; i < BUCKETS; i++)
    for (client *c = table[i], *next; c; c = next) {
      next = c->next;
      if (SSL_is_init_finished(c->ssl)) continue;
      int expired = DTLSv1_handle_timeout(c->ssl);
      flush(c);
      ERR_clear_error();
      if (expired < 0) drop(c);
    }
}

static void must(int ok, const char *what) {
  if (ok) return;
  fprintf(stderr, "%s\n", what);
  ERR_print_errors_fp(stderr);
  exit(1);
}

static void configure(int option, char *value) {
  unsigned char *key = NULL;
  switch (option) {
    case 'c': must(SSL_CTX_set_cipher_list(context, value), "--cipher"); break;
    case 'g': must(SSL_CTX_set1_groups_list(context, value), "--groups"); break;
    case 'l': here.sin_port = htons(atoi(value)); break;
    case 'm': mtu = atoi(value); break;
    case 't': SSL_CTX_set_options(context, SSL_OP_NO_TICKET); break;
    case 'x': must(SSL_CTX_use_certificate_chain_file(context, value), "--certificate"); break;
    case 'k': must(SSL_CTX_use_PrivateKey_file(context, value, SSL_FILETYPE_PEM), "--key"); break;
    case 'a':
      must(SSL_CTX_load_verify_file(context, value), "--ca");
      SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
      SSL_CTX_set_client_CA_list(context, SSL_load_client_CA_file(value));
      break;
    case 'p':
      key = OPENSSL_hexstr2buf(value, &psk_length);
      must(key && psk_length <= (long)sizeof psk_key, "--psk");
      memcpy(psk_key, key, psk_length);
      OPENSSL_free(key);
      SSL_CTX_set_psk_server_callback(context, give_psk);
      break;
    default: exit(2);
  }
}

int main(int argc, char **argv) {
  static const struct option options[] = {
      {"port", 1, 0, 'l'},       {"cipher", 1, 0, 'c'}, {"groups", 1, 0, 'g'},
      {"mtu", 1, 0, 'm'},        {"psk", 1, 0, 'p'},    {"certificate", 1, 0, 'x'},
      {"key", 1, 0, 'k'},        {"ca", 1, 0, 'a'},     {"no-tickets", 0, 0, 't'},
      {0}};
  struct sockaddr_in from;
  socklen_t size = sizeof here;
  here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  context = SSL_CTX_new(DTLS_server_method());
  SSL_CTX_set_min_proto_version(context, DTLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_QUERY_MTU);
  SSL_CTX_set_session_id_context(context, (const unsigned char *)"echo", 4);
  SSL_CTX_set_cookie_generate_cb(context, make_cookie);
  SSL_CTX_set_cookie_verify_cb(context, check_cookie);
  RAND_bytes(cookie_key, sizeof cookie_key);
  for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) configure(option, optarg);
  listener = make_client();
  udp = socket(AF_INET, SOCK_DGRAM, 0);
  setsockopt(udp, SOL_SOCKET, SO_RCVBUF, &(int){4 << 20}, sizeof(int));
  must(!bind(udp, (struct sockaddr *)&here, size) && !getsockname(udp, (struct sockaddr *)&here, &size), "bind");
  printf("ready %d\n", ntohs(here.sin_port));
  fflush(stdout);
  for (struct pollfd watched[] = {{udp, POLLIN, 0}, {0, POLLIN, 0}};;) {
    if (poll(watched, 2, TICK_MS) == 0) retransmit();
    if (watched[1].revents && read(0, datagram, sizeof datagram) <= 0) return 0;
    if (!watched[0].revents) continue;
    for (int length; size = sizeof from,
             (length = recvfrom(udp, datagram, sizeof datagram, MSG_DONTWAIT, (struct sockaddr *)&from, &size)) >= 0;)
      receive(&from, length);
  }
}
