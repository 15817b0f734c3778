// Socket acceleration: what one end of a loopback connection sends goes straight to the receive queue of the other end and
// never becomes a TCP segment. Two programs and their maps, loaded by SocketAcceleration:
//
//   join      sock_ops, on a control group: puts each end of an established loopback connection into `sockets`.
//   forward   sk_msg, on `sockets`: gives each message to the other end, or lets TCP carry it.
//
// A stream must keep its order, and bytes that TCP carries are not in order with bytes that go straight: the receiver reads
// the latter first. So a direction begins straight or by TCP with its first message, may change from straight to TCP, and
// never from TCP to straight. It changes when more than LIMIT bytes wait at the receiver: the kernel puts no bound of its
// own to what goes straight, TCP's windows then do.
#include <linux/bpf.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define FAMILY_IPV4 2
#define FAMILY_IPV6 10
#define LIMIT (256 * 1024)

enum counter { JOINED, FORWARDED_MESSAGES, FORWARDED_BYTES, PASSED_MESSAGES, REFUSED, COUNTERS };
enum direction { UNDECIDED, STRAIGHT, BY_TCP };

// One end of a connection, as that end sees it. Addresses are IPv6 or IPv4-mapped in network order, ports in host order.
// The network namespace is part of it: every namespace has the same 127.0.0.1.
struct end {
  __u64 network;
  __u32 local[4], remote[4];
  __u32 local_port, remote_port;
};

// What is read of the kernel's own types; the loader finds the field's place in the running kernel.
struct sock {
  struct {
    struct {
      int counter;
    } rmem_alloc;
  } sk_backlog;
} __attribute__((preserve_access_index));

struct {
  __uint(type, BPF_MAP_TYPE_SOCKHASH);
  __uint(max_entries, 131072);
  __type(key, struct end);
  __type(value, __u64);
} sockets SEC(".maps");

// Where the kernel keeps the socket of an end. Only ever read through, with a read that cannot fault: an old address gives
// a wrong count of waiting bytes at worst.
struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 131072);
  __type(key, struct end);
  __type(value, __u64);
} addresses SEC(".maps");

struct state {
  __u64 receiver;  // the other end's address
  __u32 direction;
};

struct {
  __uint(type, BPF_MAP_TYPE_SK_STORAGE);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, int);
  __type(value, struct state);
} states SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, COUNTERS);
  __type(key, __u32);
  __type(value, __u64);
} counters SEC(".maps");

// 0: on. Anything else: TCP carries whatever is sent from now on.
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, __u32);
} bypass SEC(".maps");

// Keeps the compiler from turning two reads of the context into one read through a computed pointer, which the verifier refuses.
static __always_inline __u32 read(__u32 value) {
  asm volatile("" : "+r"(value));
  return value;
}

static __always_inline void count(__u32 which, __u64 amount) {
  __u64 *value = bpf_map_lookup_elem(&counters, &which);
  if (value) *value += amount;
}

static __always_inline void map_ipv4(__u32 *address, __u32 ipv4) {
  address[0] = 0;
  address[1] = 0;
  address[2] = bpf_htonl(0xffff);
  address[3] = ipv4;
}

static __always_inline int is_loopback(const __u32 *address) {
  if (address[0] != 0 || address[1] != 0) return 0;
  if (address[2] == bpf_htonl(0xffff)) return (bpf_ntohl(address[3]) >> 24) == 127;
  return address[2] == 0 && address[3] == bpf_htonl(1);
}

SEC("sockops")
int join(struct bpf_sock_ops *context) {
  if (context->op != BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB && context->op != BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB) return 1;
  struct end end = {.network = bpf_get_netns_cookie(context), .local_port = context->local_port, .remote_port = bpf_ntohl(context->remote_port)};
  if (context->family == FAMILY_IPV4) {
    map_ipv4(end.local, read(context->local_ip4));
    map_ipv4(end.remote, read(context->remote_ip4));
  } else if (context->family == FAMILY_IPV6) {
    end.local[0] = read(context->local_ip6[0]);
    end.local[1] = read(context->local_ip6[1]);
    end.local[2] = read(context->local_ip6[2]);
    end.local[3] = read(context->local_ip6[3]);
    end.remote[0] = read(context->remote_ip6[0]);
    end.remote[1] = read(context->remote_ip6[1]);
    end.remote[2] = read(context->remote_ip6[2]);
    end.remote[3] = read(context->remote_ip6[3]);
  } else {
    return 1;
  }
  if (!is_loopback(end.local) || !is_loopback(end.remote)) return 1;
  struct bpf_sock *socket = context->sk;
  if (!socket) return 1;
  __u64 address = (__u64)(void *)bpf_skc_to_tcp_sock(socket);
  int refused = address == 0 || bpf_map_update_elem(&addresses, &end, &address, BPF_ANY) != 0 || bpf_sock_hash_update(context, &sockets, &end, BPF_ANY) != 0;
  count(refused ? REFUSED : JOINED, 1);
  return 1;
}

static __always_inline int by_tcp(struct state *state) {
  state->direction = BY_TCP;
  count(PASSED_MESSAGES, 1);
  return SK_PASS;
}

SEC("sk_msg")
int forward(struct sk_msg_md *message) {
  struct bpf_sock *socket = message->sk;
  if (!socket) return SK_PASS;
  struct state *state = bpf_sk_storage_get(&states, socket, 0, BPF_SK_STORAGE_GET_F_CREATE);
  if (!state) return SK_PASS;
  __u32 zero = 0, *off = bpf_map_lookup_elem(&bypass, &zero);
  if (state->direction == BY_TCP || (off && *off)) return by_tcp(state);
  // The other end's own view: its local side is this end's remote side.
  struct end other = {.network = bpf_get_netns_cookie(message), .local_port = bpf_ntohl(message->remote_port), .remote_port = message->local_port};
  if (message->family == FAMILY_IPV4) {
    map_ipv4(other.local, read(message->remote_ip4));
    map_ipv4(other.remote, read(message->local_ip4));
  } else {
    other.local[0] = read(message->remote_ip6[0]);
    other.local[1] = read(message->remote_ip6[1]);
    other.local[2] = read(message->remote_ip6[2]);
    other.local[3] = read(message->remote_ip6[3]);
    other.remote[0] = read(message->local_ip6[0]);
    other.remote[1] = read(message->local_ip6[1]);
    other.remote[2] = read(message->local_ip6[2]);
    other.remote[3] = read(message->local_ip6[3]);
  }
  if (state->direction == UNDECIDED) {
    __u64 *address = bpf_map_lookup_elem(&addresses, &other);
    if (!address) return by_tcp(state);
    state->receiver = *address;
  }
  const struct sock *receiver = (const struct sock *)state->receiver;
  int waiting = LIMIT;
  bpf_core_read(&waiting, sizeof waiting, &receiver->sk_backlog.rmem_alloc.counter);
  if (waiting < 0 || waiting >= LIMIT) return by_tcp(state);
  // It fails when the other end is not joined, or has gone; TCP then brings the bytes, or its reset.
  if (bpf_msg_redirect_hash(message, &sockets, &other, BPF_F_INGRESS) != SK_PASS) return by_tcp(state);
  state->direction = STRAIGHT;
  count(FORWARDED_MESSAGES, 1);
  count(FORWARDED_BYTES, message->size);
  return SK_PASS;
}

char program_license[] SEC("license") = "GPL";
