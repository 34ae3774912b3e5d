def second: sub("\\.[0-9]+"; "");
def named: if (.name // "unknown") == "unknown" then .address // .path // "" else .name | ascii_downcase end;
select(.kind == "message") | . as $m | .deliveries // [] | to_entries[] | .key as $number | .value | {
  id: $m.id, number: $number, time: ($m.received | second), delivered: (.time | second), host: $m.host, instance: $m.instance, queue_id: $m.queue_id,
  source_tls: ($m.source.tls // ""), service, class: (.relay.class // ""), relay: (.relay // {} | named),
  domain: (.to | split("@")[1:] | last // "" | ascii_downcase), tls: (.tls // ""), protocol: (.protocol // ""), cipher: (.cipher // ""),
  policy: (.policy // ""), status: (.status // "")
}
