def second: sub("\\.[0-9]+"; "");
def named: if (.name // "unknown") == "unknown" then .address // .path // "" else .name | ascii_downcase end;
select(.kind == "session") | {
  id, time: (.start // .end | second), host, direction, instance, service, program, class: .peer.class, peer: (.peer | named), address: (.peer.address // ""),
  tls, protocol: (.protocol // ""), cipher: (.cipher // ""), key_exchange: (.key_exchange // ""), result: (.failure.result // ""),
  reason: (.failure.reason // ""), messages
}
