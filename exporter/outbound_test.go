package exporter

import (
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/postfix-tls-exporter/postfix-tls-exporter/internal/tally"
	"github.com/postfix-tls-exporter/postfix-tls-exporter/parser"
)

// outboundData has a TLS session that carried mail to two recipients of one domain; one recipient in plaintext; a
// recipient whose domain has no TLSA records, though DANE is required; and two TLSRPT results.
func outboundData(label func(parser.Peer) string) Data {
	counts := tally.New(tally.Options{PeerLimit: 10, Label: label})
	smtp := &parser.Service{Host: "mx1", Instance: "postfix", Name: "relay", Program: "smtp"}
	at := time.Date(2026, 11, 22, 4, 0, 0, 0, time.UTC)
	relay := &parser.Peer{Name: "mx.example.net", Address: "192.0.2.25", Class: parser.ClassPublic}
	old := &parser.Peer{Name: "mx.example.org", Address: "192.0.2.26", Class: parser.ClassPublic}
	tls := &parser.TLS{Protocol: "TLSv1.3", Cipher: "TLS_AES_256_GCM_SHA384", Trust: "Trusted", KeyExchange: "X25519MLKEM768"}
	session := parser.Session{
		Direction: parser.Outbound, End: at, Service: smtp, Peer: relay, State: parser.TLSEstablished, TLS: tls, Messages: 1,
		Commands: &parser.Commands{}, Ended: parser.EndedUnlogged,
	}
	counts.Session(&session)
	session.Peer, session.State, session.TLS = old, parser.TLSPlaintext, nil
	counts.Session(&session)
	d := parser.Delivery{
		Time: at, Domain: "example.net", Service: smtp, Relay: relay, Status: "sent", First: true, State: parser.TLSEstablished, TLS: tls,
		Policy: parser.Policy{Level: "may"},
	}
	counts.Delivered(&d)
	d.First = false
	counts.Delivered(&d)
	d.Domain, d.Relay, d.First, d.State, d.TLS, d.Policy.Final = "example.org", old, true, parser.TLSPlaintext, nil, "none"
	counts.Delivered(&d)
	d.Domain, d.Relay, d.Status, d.Policy = "example.com", nil, "deferred", parser.Policy{Level: "dane-only", Violated: true}
	d.Failure = &parser.Failure{Result: parser.ResultDANERequired, Reason: parser.ReasonTLSAMissing}
	counts.Delivered(&d)
	for _, result := range []string{"success", parser.ResultDANERequired} {
		counts.TLSRPT(&parser.TLSRPT{Time: at, Service: smtp, Domain: "example.net", Result: result})
	}
	c := parser.Counts{Contradictions: 2, Ambiguous: 3, EvictedDeliveries: 4, EvictedProcesses: 5, Services: []*parser.Service{
		smtp, {Instance: "postfix", Name: "lmtp", Program: "lmtp"}, {Instance: "postfix", Name: "postscreen", Program: "postscreen"},
	}}
	return Data{Snapshot: counts.Snapshot(&c), Services: c.Services, TrackedPeers: counts.Peers()}
}

func TestCollectOutbound(t *testing.T) {
	want := map[string]float64{
		"sessions_total{cipher=TLS_AES_256_GCM_SHA384,class=public,direction=outbound,mta=postfix,protocol=TLSv1.3,service=relay,tls=established}": 1,
		"sessions_total{class=public,direction=outbound,mta=postfix,service=relay,tls=plaintext}":                                                  1,
		"messages_total{class=public,direction=outbound,mta=postfix,protocol=TLSv1.3,service=relay,tls=established}":                               2,
		"messages_total{class=public,direction=outbound,mta=postfix,service=relay,tls=plaintext}":                                                  1,

		"peer_sessions_total{cipher=TLS_AES_256_GCM_SHA384,direction=outbound,peer=mx.example.net,protocol=TLSv1.3,tls=established}": 1,
		"peer_sessions_total{direction=outbound,peer=mx.example.org,tls=plaintext}":                                                  1,
		"peer_messages_total{direction=outbound,peer=mx.example.net,protocol=TLSv1.3,tls=established}":                               2,
		"peer_messages_total{direction=outbound,peer=mx.example.org,tls=plaintext}":                                                  1,

		"deliveries_total{class=public,mta=postfix,policy=may,service=relay,status=sent,tls=established}":        2,
		"deliveries_total{class=public,mta=postfix,policy=may:none,service=relay,status=sent,tls=plaintext}":     1,
		"deliveries_total{class=unknown,mta=postfix,policy=!dane-only,service=relay,status=deferred,tls=failed}": 1,
		"domain_messages_total{class=public,domain=example.net,protocol=TLSv1.3,tls=established}":                2,
		"domain_messages_total{class=public,domain=example.org,tls=plaintext}":                                   1,
		"handshake_failures_total{direction=outbound,reason=tlsa_missing,result=dane-required,service=relay}":    1,
		"key_exchanges_total{direction=outbound,group=X25519MLKEM768}":                                           1,
		"tlsrpt_results_total{result=success}":                                                                   1, "tlsrpt_results_total{result=dane-required}": 1,

		"graded_sessions_total{class=public,direction=outbound,grade=good,profile=rfc9325}":      1,
		"graded_sessions_total{class=public,direction=outbound,grade=plaintext,profile=rfc9325}": 1,
		"graded_messages_total{class=public,direction=outbound,grade=good,profile=rfc9325}":      2,
		"graded_messages_total{class=public,direction=outbound,grade=plaintext,profile=rfc9325}": 1,

		"contradictions_total{}": 2, "ambiguous_deliveries_total{}": 3, "evicted_total{what=delivery}": 4, "evicted_total{what=process}": 5,
		"tracked_peers{}": 2, "exporter_build_info{goversion=go1.26,revision=abc,version=1.2.3}": 1,
	}
	compareNonzero(t, want, outboundData(nil))
}

// Domains are peers too, to those who want none as labels.
func TestNoPeerLabels(t *testing.T) {
	all := gather(t, outboundData(tally.NoLabel))
	for name := range all {
		switch metric, _, _ := strings.Cut(name, "{"); metric {
		case "domain_messages_total", "peer_sessions_total", "peer_messages_total", "peer_handshake_failures_total":
			t.Errorf("%s is there", name)
		}
	}
}

// What cannot happen has no series: TLS of sockets, mail to postscreen, clients of smtp.
func TestKnownOutboundSeries(t *testing.T) {
	counts := tally.New(tally.Options{})
	before := gather(t, Data{Snapshot: counts.Snapshot(&parser.Counts{})})
	after := gather(t, outboundData(nil))
	for _, c := range []struct {
		name   string
		series map[string]float64
		want   bool
	}{
		{"sessions_total{class=public,direction=outbound,mta=postfix,service=smtp,tls=plaintext}", before, true},
		{"messages_total{class=public,direction=outbound,mta=postfix,protocol=TLSv1,service=smtp,tls=established}", before, true},
		{"handshake_failures_total{direction=outbound,reason=not_offered,result=starttls-not-supported,service=smtp}", before, true},
		{"key_exchanges_total{direction=outbound,group=X25519MLKEM768}", before, true},
		{"tlsrpt_results_total{result=sts-webpki-invalid}", before, true},
		{"contradictions_total{}", before, true},
		{"evicted_total{what=domain}", before, true},
		{"messages_total{class=private,direction=outbound,mta=postfix,service=lmtp,tls=unknown}", after, true},
		{"sessions_total{class=public,direction=inbound,mta=postfix,service=postscreen,tls=failed}", after, true},
		{"handshake_failures_total{direction=inbound,reason=timeout,result=validation-failure,service=postscreen}", after, true},
		{"messages_total{class=public,direction=inbound,mta=postfix,service=postscreen,tls=plaintext}", after, false},
		{"plaintext_auth_total{service=postscreen}", after, false},
		{"plaintext_auth_total{service=lmtp}", after, false},
		{"sessions_total{class=unix,direction=inbound,mta=postfix,service=smtpd,tls=plaintext}", after, false},
		{"sessions_total{class=unix,direction=outbound,mta=postfix,service=lmtp,tls=failed}", after, false},
		{"sessions_total{class=public,direction=inbound,mta=postfix,service=relay,tls=plaintext}", after, false},
		{"sessions_total{class=unknown,direction=outbound,mta=postfix,service=relay,tls=unknown}", after, false},
		{"handshake_failures_total{direction=outbound,reason=client_certificate,result=certificate-not-trusted,service=relay}", after, false},
	} {
		if v, ok := c.series[c.name]; ok != c.want || v != 0 {
			t.Errorf("%s: %v, exists %v; want exists %v", c.name, v, ok, c.want)
		}
	}
}

func TestLintOutbound(t *testing.T) {
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(NewCollector(func() Data { return outboundData(nil) }, profile(t), Build{}))
	problems, err := testutil.GatherAndLint(registry)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}

// A series has room for the labels of all metrics that are added up.
func TestSeriesHoldsLabels(t *testing.T) {
	for _, m := range metrics {
		if len(m.labels) > len(series{}) {
			t.Errorf("%s has %d labels", m.name, len(m.labels))
		}
	}
}
