def second: sub("\\.[0-9]+"; "");
def named: if (.name // "unknown") == "unknown" then .address // .path // "" else .name | ascii_downcase end;
select(.kind == "message") | {
  id, time: (.received | second), host, instance, queue_id, state,
  queued: (if .from != null or .state == "removed" then 1 else 0 end), service: (.source.service // ""), class: (.source.peer.class // ""),
  peer: (.source.peer // {} | named), tls: (.source.tls // ""), protocol: (.source.protocol // ""), cipher: (.source.cipher // ""), size: (.size // 0),
  recipients: (.recipients // 0)
}
