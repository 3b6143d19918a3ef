#include "af_packet.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "ethtool.h"
#include "interface.h"
#include "link_part.h"
#include "offload.h"

namespace lwaftr {

namespace {

constexpr size_t kBlockBytes = 128 << 10;
constexpr int kSocketBytes = 8 << 20;           // for frames beyond a slot, and for sending
constexpr size_t kLargest = (64 << 10) + 4096;  // a merged frame: IP's limit and its headers
constexpr size_t kMostPieces = 2048;
constexpr size_t kSendBatch = 64;

bool set(int fd, int level, int option, int value) { return setsockopt(fd, level, option, &value, sizeof value) == 0; }

}  // namespace

std::unique_ptr<AfPacket> AfPacket::open(const std::string& interface, size_t ring_bytes, OpenError* error) {
  auto device = prepare(interface, ring_bytes, error);
  const int problem = device ? device->let_in({{PACKET_MR_PROMISC, {}}}) : 0;
  if (!problem) return device;
  error->set(problem, interface, "cannot receive by AF_PACKET");
  return nullptr;
}

std::unique_ptr<AfPacket> AfPacket::open(const std::string& interface, const FrameShare& share, FrameClass wanted,
                                         size_t ring_bytes, OpenError* error) {
  auto device = prepare(interface, ring_bytes, error);
  if (!device) return nullptr;
  device->class_ = wanted;
  device->filters_vlans_ = filters_vlans(interface);
  const int problem = device->share(share);
  if (!problem) return device;
  error->set(problem, interface, "cannot receive by AF_PACKET");
  return nullptr;
}

std::unique_ptr<AfPacket> AfPacket::prepare(const std::string& interface, size_t ring_bytes, OpenError* error) {
  auto info = interface_info(interface);
  if (!info) {
    error->set(ENODEV, interface, "cannot open the interface");
    return nullptr;
  }
  std::unique_ptr<AfPacket> device(new AfPacket(interface, info->index));
  AfPacket& d = *device;
  d.receive_fd_ = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  d.transmit_fd_ = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (d.receive_fd_ < 0 || d.transmit_fd_ < 0) {
    error->set(errno, interface, "cannot open a packet socket");
    return nullptr;
  }
  int fd = d.receive_fd_;
  set(fd, SOL_SOCKET, SO_RCVBUFFORCE, kSocketBytes);
  set(d.transmit_fd_, SOL_SOCKET, SO_SNDBUFFORCE, kSocketBytes);
  if (!set(fd, SOL_PACKET, PACKET_VERSION, TPACKET_V2) || !set(fd, SOL_PACKET, PACKET_VNET_HDR, 1) ||
      !set(fd, SOL_PACKET, PACKET_AUXDATA, 1) || !set(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, 1) ||
      !set(fd, SOL_PACKET, PACKET_COPY_THRESH, 1) || !d.map_ring(info->mtu, ring_bytes) || !d.join(fd, 0) ||
      !d.join(d.transmit_fd_, 0)) {
    error->set(errno, interface, "cannot receive by AF_PACKET");
    return nullptr;
  }
  disable_receive_merging(interface);
  return device;
}

AfPacket::~AfPacket() {
  abandon();
  if (ring_) munmap(ring_, ring_bytes_);
  if (receive_fd_ >= 0) close(receive_fd_);
  if (transmit_fd_ >= 0) close(transmit_fd_);
}

void AfPacket::abandon() {
  for (size_t i = cut_next_; i < cut_.size(); i++) pool_->free(cut_[i]);
  cut_.clear();
  cut_next_ = 0;
}

// The kernel exchanges the filter at once: each frame meets the old one or the new one.
int AfPacket::choose(const std::vector<sock_filter>& filter) {
  const sock_fprog program{static_cast<uint16_t>(filter.size()), const_cast<sock_filter*>(filter.data())};
  return setsockopt(receive_fd_, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0 ? 0 : errno;
}

int AfPacket::share(const FrameShare& share) {
  share_ = share;
  const int problem = let_in(wanted_memberships(share));
  return problem ? problem : choose(frame_filter(share, class_));
}

int AfPacket::widen(const LinkPart& next) {
  Memberships both = wanted_memberships(share_);
  both.merge(wanted_memberships(next.share));
  const int problem = let_in(both);
  return problem ? problem : choose(either_filter(frame_filter(share_, class_), frame_filter(next.share, class_)));
}

int AfPacket::narrow(const LinkPart& next) { return share(next.share); }

// Once for both classes. Where the driver has no unicast filters, or too few, the kernel sets it promiscuous itself.
AfPacket::Memberships AfPacket::wanted_memberships(const FrameShare& share) const {
  Memberships wanted;
  if (class_ == FrameClass::bulk) return wanted;
  wanted.insert({PACKET_MR_ALLMULTI, {}});  // neighbour discovery's groups, and whatever passthru's routers speak in
  for (const FrameShare::Station& station : share.stations) wanted.insert({PACKET_MR_UNICAST, station.mac});
  // A card with VLAN filters lets in only the kernel's own VLANs, ours only when promiscuous.
  if (share.promiscuous || (share.tagged && filters_vlans_)) wanted.insert({PACKET_MR_PROMISC, {}});
  return wanted;
}

// The new before the old go: what both have is never missed. The socket's end is theirs, too.
int AfPacket::let_in(const Memberships& wanted) {
  const auto ask = [this](int option, const Memberships::value_type& membership) {
    packet_mreq request{};
    request.mr_ifindex = index_;
    request.mr_type = membership.first;
    request.mr_alen = ETH_ALEN;
    std::copy(membership.second.begin(), membership.second.end(), request.mr_address);
    return setsockopt(receive_fd_, SOL_PACKET, option, &request, sizeof request) == 0;
  };
  for (const auto& membership : wanted) {
    if (memberships_.count(membership)) continue;
    // An interface that went away meanwhile is check()'s to tell.
    if (!ask(PACKET_ADD_MEMBERSHIP, membership) && errno != ENODEV) return errno;
    memberships_.insert(membership);
  }
  for (const auto& membership : memberships_) {
    if (!wanted.count(membership)) ask(PACKET_DROP_MEMBERSHIP, membership);
  }
  memberships_ = wanted;
  return 0;
}

void AfPacket::start(OpenError* error) {
  if (!join(receive_fd_, ETH_P_ALL) && errno != ENETDOWN) error->set(errno, interface_, "cannot receive");
}

bool AfPacket::join(int fd, uint16_t protocol) {
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(protocol);
  address.sll_ifindex = index_;
  return bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
}

bool AfPacket::map_ring(uint32_t mtu, size_t bytes) {
  // The kernel puts the frame's IP header at an aligned offset behind the slot's header and the OffloadHeader.
  size_t overhead = TPACKET_ALIGN(TPACKET2_HDRLEN + 16) + sizeof(OffloadHeader);
  slot_bytes_ = TPACKET_ALIGN(overhead + mtu);
  if (slot_bytes_ < 2048) slot_bytes_ = 2048;
  if (slot_bytes_ > Packet::kMaxFrame) slot_bytes_ = TPACKET_ALIGN(Packet::kMaxFrame + overhead);
  size_t slots_per_block = kBlockBytes / slot_bytes_;
  tpacket_req request{};
  request.tp_block_size = kBlockBytes;
  request.tp_frame_size = static_cast<unsigned>(slot_bytes_);
  request.tp_block_nr = bytes / kBlockBytes;
  request.tp_frame_nr = static_cast<unsigned>(request.tp_block_nr * slots_per_block);
  if (setsockopt(receive_fd_, SOL_PACKET, PACKET_RX_RING, &request, sizeof request) != 0) return false;
  slots_ = request.tp_frame_nr;
  ring_bytes_ = bytes;
  void* memory = mmap(nullptr, ring_bytes_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, receive_fd_, 0);
  if (memory == MAP_FAILED) return false;
  ring_ = static_cast<uint8_t*>(memory);
  return true;
}

uint8_t* AfPacket::slot(size_t index) const {
  size_t per_block = kBlockBytes / slot_bytes_;
  return ring_ + index / per_block * kBlockBytes + index % per_block * slot_bytes_;
}

namespace {

// Puts a tag taken out by the kernel back in front of the ethertype; the headroom has the place for it.
void restore_tag(Packet* packet, int tci, uint16_t tpid) {
  packet->data -= 4;
  packet->length += 4;
  memmove(packet->data, packet->data + 4, 12);
  const uint8_t tag[] = {static_cast<uint8_t>(tpid >> 8), static_cast<uint8_t>(tpid), static_cast<uint8_t>(tci >> 8),
                         static_cast<uint8_t>(tci)};
  memcpy(packet->data + 12, tag, sizeof tag);
}

}  // namespace

Packet* AfPacket::take(PacketPool& pool, uint8_t* frame, size_t length, const Notes& notes) {
  if (notes.offload.gso_type != OffloadHeader::kNone) {
    cut(pool, frame, length, notes);
    return nullptr;
  }
  if (length < ETH_HLEN || length > Packet::kMaxFrame) {
    statistics_.oversize_drops++;
    return nullptr;
  }
  Packet* packet = pool.allocate(length);
  if (!packet) {
    statistics_.no_buffer_drops++;
    return nullptr;
  }
  memcpy(packet->data, frame, length);
  packet->length = static_cast<uint32_t>(length);
  if (notes.offload.flags & OffloadHeader::kNeedsChecksum) complete_checksum(packet->data, length, notes.offload);
  if (notes.tci >= 0) restore_tag(packet, notes.tci, notes.tpid);
  return packet;
}

void AfPacket::cut(PacketPool& pool, uint8_t* frame, size_t length, const Notes& notes) {
  pool_ = &pool;
  cut_next_ = 0;
  cut_.resize(kMostPieces);
  uint64_t lost = 0;
  cut_.resize(segment(frame, length, notes.offload, pool, cut_.data(), cut_.size(), &lost));
  statistics_.oversize_drops += lost;
  if (notes.tci < 0) return;
  for (Packet* packet : cut_) restore_tag(packet, notes.tci, notes.tpid);
}

// The kernel keeps a frame that is larger than a slot in the socket's queue, in the order of the slots that tell of it.
Packet* AfPacket::take_large(PacketPool& pool) {
  large_.resize(kLargest);
  Notes notes{{}, -1, ETH_P_8021Q};
  iovec parts[] = {{&notes.offload, sizeof notes.offload}, {large_.data(), large_.size()}};
  alignas(cmsghdr) uint8_t control[CMSG_SPACE(sizeof(tpacket_auxdata))];
  msghdr message{};
  message.msg_iov = parts;
  message.msg_iovlen = 2;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  ssize_t got = recvmsg(receive_fd_, &message, MSG_DONTWAIT);
  if (got < static_cast<ssize_t>(sizeof notes.offload) || message.msg_flags & MSG_TRUNC) {
    statistics_.oversize_drops++;
    return nullptr;
  }
  for (cmsghdr* c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c)) {
    if (c->cmsg_level != SOL_PACKET || c->cmsg_type != PACKET_AUXDATA) continue;
    tpacket_auxdata aux;
    memcpy(&aux, CMSG_DATA(c), sizeof aux);
    if (aux.tp_status & TP_STATUS_VLAN_VALID) notes.tci = aux.tp_vlan_tci;
    if (aux.tp_status & TP_STATUS_VLAN_TPID_VALID) notes.tpid = aux.tp_vlan_tpid;
  }
  return take(pool, large_.data(), static_cast<size_t>(got) - sizeof notes.offload, notes);
}

size_t AfPacket::receive(PacketPool& pool, Packet** packets, size_t limit) {
  size_t count = 0;
  while (count < limit) {
    if (cut_next_ < cut_.size()) {
      packets[count++] = cut_[cut_next_++];
      continue;
    }
    uint8_t* memory = slot(next_);
    auto* header = reinterpret_cast<tpacket2_hdr*>(memory);
    uint32_t status = __atomic_load_n(&header->tp_status, __ATOMIC_ACQUIRE);
    if (!(status & TP_STATUS_USER)) break;
    Packet* packet = nullptr;
    if (status & TP_STATUS_COPY) {
      packet = take_large(pool);
    } else if (header->tp_len > header->tp_snaplen) {
      statistics_.oversize_drops++;
    } else {
      uint8_t* frame = memory + header->tp_mac;
      Notes notes{{}, -1, ETH_P_8021Q};
      memcpy(&notes.offload, frame - sizeof notes.offload, sizeof notes.offload);
      if (status & TP_STATUS_VLAN_VALID) notes.tci = header->tp_vlan_tci;
      if (status & TP_STATUS_VLAN_TPID_VALID) notes.tpid = header->tp_vlan_tpid;
      packet = take(pool, frame, header->tp_snaplen, notes);
    }
    if (packet) packets[count++] = packet;
    __atomic_store_n(&header->tp_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
    next_ = next_ + 1 == slots_ ? 0 : next_ + 1;
  }
  return count;
}

void AfPacket::transmit(Packet* const* packets, size_t count) {
  mmsghdr messages[kSendBatch];
  iovec parts[kSendBatch];
  while (count > 0) {
    size_t batch = std::min(count, kSendBatch);
    for (size_t i = 0; i < batch; i++) {
      parts[i] = {packets[i]->data, packets[i]->length};
      messages[i] = {};
      messages[i].msg_hdr.msg_iov = &parts[i];
      messages[i].msg_hdr.msg_iovlen = 1;
    }
    // An error belongs to the first frame of what is left; those behind it may still go.
    int sent = sendmmsg(transmit_fd_, messages, static_cast<unsigned>(batch), MSG_DONTWAIT);
    if (sent <= 0) {
      statistics_.transmit_drops++;
      sent = 1;
    }
    packets += sent;
    count -= static_cast<size_t>(sent);
  }
}

LinkStatus AfPacket::check() {
  tpacket_stats seen{};
  socklen_t size = sizeof seen;
  if (getsockopt(receive_fd_, SOL_PACKET, PACKET_STATISTICS, &seen, &size) == 0) {  // reading clears them
    statistics_.kernel_drops += seen.tp_drops;
  }
  int pending = 0;  // ENETDOWN stays readable until it is fetched, and would wake poll() for ever
  size = sizeof pending;
  getsockopt(receive_fd_, SOL_SOCKET, SO_ERROR, &pending, &size);
  size = sizeof pending;
  getsockopt(transmit_fd_, SOL_SOCKET, SO_ERROR, &pending, &size);
  auto info = interface_info(interface_);
  if (!info || info->index != index_) return LinkStatus::gone;
  return info->running ? LinkStatus::up : LinkStatus::down;
}

}  // namespace lwaftr
