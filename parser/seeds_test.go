package parser

// Lines of real servers, of Postfix 3.7, 3.11 and 3.12, for the fuzzer to begin with. Names and addresses are those of a laboratory.
const (
	seedSessions = `Nov 22 04:04:00 mx1 postfix/master[21525]: daemon started -- version 3.7.11, configuration /etc/postfix
Nov 22 04:04:00 mx1 postfix/smtps/smtpd[21612]: connect from unknown[127.0.2.3]
Nov 22 04:04:00 mx1 postfix/smtps/smtpd[21612]: Anonymous TLS connection established from unknown[127.0.2.3]: TLSv1.2 with cipher ECDHE-RSA-CHACHA20-POLY1305 (256/256 bits)
Nov 22 04:04:00 mx1 postfix/smtps/smtpd[21612]: E0605A88237: client=unknown[127.0.2.3], sasl_method=LOGIN, sasl_username=alice@mx1.example.com
Nov 22 04:04:00 mx1 postfix/cleanup[21653]: E0605A88237: message-id=<v37-traditional-00048.m1@example.test>
Nov 22 04:04:00 mx1 postfix/smtps/smtpd[21612]: disconnect from unknown[127.0.2.3] ehlo=1 auth=1 mail=1 rcpt=1 data=1 quit=1 commands=6
Nov 22 04:04:00 mx1 postfix/qmgr[21527]: E0605A88237: from=<u6@sender.example>, size=804, nrcpt=1 (queue active)
Nov 22 04:04:00 mx1 postfix/discard[21631]: E0605A88237: to=<r10@rcpt.example.net>, relay=none, delay=0.08, delays=0.08/0.01/0/0, dsn=2.0.0, status=sent (rcpt.example.net)
Nov 22 04:04:00 mx1 postfix/qmgr[21527]: E0605A88237: removed
Nov 22 04:04:00 mx1 postfix/smtpd[21636]: connect from localhost[::1]
Nov 22 04:04:00 mx1 postfix/smtpd[21636]: Anonymous TLS connection established from localhost[::1]: TLSv1 with cipher AES256-SHA (256/256 bits)
Nov 22 04:04:00 mx1 postfix/smtpd[21636]: NOQUEUE: reject: RCPT from localhost[::1]: 554 5.7.1 <badsender@sender.example>: Sender address rejected: bad sender; from=<badsender@sender.example> to=<r8@rcpt.example.net> proto=ESMTP helo=<s00015.client.example>
Nov 22 04:04:00 mx1 postfix/smtpd[21636]: disconnect from localhost[::1] ehlo=2 starttls=1 mail=1 rcpt=0/1 quit=1 commands=5/6
2026-11-22T04:03:17.963603+00:00 vm postfix/reqcert/smtpd[16860]: connect from unknown[127.0.2.5]
2026-11-22T04:03:18.258952+00:00 vm postfix/reqcert/smtpd[16860]: Trusted TLS connection established from unknown[127.0.2.5]: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits) key-exchange x25519 server-signature ECDSA (prime256v1) server-digest SHA256 client-signature RSA-PSS (2048 bits) client-digest SHA256
2026-11-22T04:03:18.334716+00:00 vm postfix/reqcert/smtpd[16860]: 4F6D1A86576: client=unknown[127.0.2.5]
2026-11-22T04:03:18.366343+00:00 vm postfix/cleanup[16877]: 4F6D1A86576: message-id=<v312-iso-00037.m1@example.test>
2026-11-22T04:03:18.374458+00:00 vm postfix/qmgr[16819]: 4F6D1A86576: from=<u4@sender.example>, size=6360, nrcpt=1 (queue active)
2026-11-22T04:03:18.379627+00:00 vm postfix/discard[16876]: 4F6D1A86576: to=<r5@rcpt.example.net>, relay=none, delay=0.06, delays=0.06/0.01/0/0, dsn=2.0.0, status=sent (rcpt.example.net)
2026-11-22T04:03:18.380151+00:00 vm postfix/qmgr[16819]: 4F6D1A86576: removed
2026-11-22T04:03:18.414662+00:00 vm postfix/reqcert/smtpd[16860]: disconnect from unknown[127.0.2.5] ehlo=2 starttls=1 mail=1 rcpt=1 data=1 quit=1 commands=7
Nov 22 04:00:44 mx1 postfix/smtpd[7214]: connect from smtp-out-4.bulk.example.net[127.0.1.4]:47207
Nov 22 04:00:44 mx1 postfix/smtpd[7214]: skipping TLS trace output - rate limit (1) exceeded
Nov 22 04:00:45 mx1 postfix/smtpd[7214]: Anonymous TLS connection established from smtp-out-4.bulk.example.net[127.0.1.4]:47207: TLSv1.3 with cipher TLS_AES_128_GCM_SHA256 (128/128 bits) key-exchange secp384r1 server-signature ECDSA (prime256v1) server-digest SHA256
Nov 22 04:00:45 mx1 postfix/smtpd[7214]: NOQUEUE: lost connection after STARTTLS from smtp-out-4.bulk.example.net[127.0.1.4]:47207
Nov 22 04:00:45 mx1 postfix/smtpd[7214]: disconnect from smtp-out-4.bulk.example.net[127.0.1.4]:47207 ehlo=1 starttls=1 commands=2
Nov 22 03:56:03 mx1 postfix-out/smtpd[25275]: connect from 127-0-5-3.dyn.isp.example[127.0.5.3]
Nov 22 03:56:03 mx1 postfix-out/smtpd[25275]: Anonymous TLS connection established from 127-0-5-3.dyn.isp.example[127.0.5.3]: TLSv1.3 with cipher TLS_AES_128_GCM_SHA256 (128/128 bits) key-exchange ECDHE (secp384r1) server-signature ECDSA (prime256v1) server-digest SHA256
Nov 22 03:56:03 mx1 postfix-out/smtpd[25275]: 4jXFc339SSz1ZRt0: client=127-0-5-3.dyn.isp.example[127.0.5.3]
Nov 22 03:56:03 mx1 postfix-out/cleanup[25305]: 4jXFc339SSz1ZRt0: message-id=<v37-instance-out-00002.m1@example.test>
Nov 22 03:56:03 mx1 postfix-out/qmgr[25261]: 4jXFc339SSz1ZRt0: from=<u1@sender.example>, size=887, nrcpt=2 (queue active)
Nov 22 03:56:03 mx1 postfix-out/smtpd[25275]: 4jXFc33Ccsz1ZRt2: client=127-0-5-3.dyn.isp.example[127.0.5.3]
Nov 22 03:56:03 mx1 postfix-out/cleanup[25306]: 4jXFc33Ccsz1ZRt2: message-id=<v37-instance-out-00002.m2@example.test>
Nov 22 03:56:03 mx1 postfix-out/qmgr[25261]: 4jXFc33Ccsz1ZRt2: from=<u0@sender.example>, size=1967, nrcpt=5 (queue active)
Nov 22 03:56:03 mx1 postfix-out/smtpd[25275]: 4jXFc33F33z1ZRt3: client=127-0-5-3.dyn.isp.example[127.0.5.3]
Nov 22 03:56:03 mx1 postfix-out/cleanup[25305]: 4jXFc33F33z1ZRt3: message-id=<v37-instance-out-00002.m3@example.test>
Nov 22 03:56:03 mx1 postfix-out/qmgr[25261]: 4jXFc33F33z1ZRt3: from=<u0@sender.example>, size=6287, nrcpt=3 (queue active)
Nov 22 03:56:03 mx1 postfix-out/smtpd[25275]: disconnect from 127-0-5-3.dyn.isp.example[127.0.5.3] ehlo=2 starttls=1 mail=3 rcpt=10 data=3 quit=1 commands=20
Nov 22 03:56:03 mx1 postfix-out/discard[25307]: 4jXFc339SSz1ZRt0: to=<r10@rcpt.example.net>, relay=none, delay=0.11, delays=0.06/0.04/0/0, dsn=2.0.0, status=sent (rcpt.example.net)
Nov 22 03:56:03 mx1 postfix-out/discard[25307]: 4jXFc339SSz1ZRt0: to=<r15@rcpt.example.net>, relay=none, delay=0.11, delays=0.06/0.04/0/0, dsn=2.0.0, status=sent (rcpt.example.net)
Nov 22 03:56:03 mx1 postfix-out/qmgr[25261]: 4jXFc339SSz1ZRt0: removed
Nov 22 03:56:03 mx1 postfix-out/discard[25310]: 4jXFc33Ccsz1ZRt2: to=<r12@rcpt.example.net>, relay=none, delay=0.06, delays=0/0.06/0/0, dsn=2.0.0, status=sent (rcpt.example.net)
Nov 22 03:56:03 mx1 postfix-out/discard[25310]: 4jXFc33Ccsz1ZRt2: to=<r16@rcpt.example.net>, relay=none, delay=0.06, delays=0/0.06/0/0, dsn=2.0.0, status=sent (rcpt.example.net)
Nov 22 03:56:03 mx1 postfix-out/discard[25310]: 4jXFc33Ccsz1ZRt2: to=<r17@rcpt.example.net>, relay=none, delay=0.06, delays=0/0.06/0/0, dsn=2.0.0, status=sent (rcpt.example.net)
Nov 22 03:56:03 mx1 postfix-out/discard[25310]: 4jXFc33Ccsz1ZRt2: to=<r18@rcpt.example.net>, relay=none, delay=0.06, delays=0/0.06/0/0, dsn=2.0.0, status=sent (rcpt.example.net)
Nov 22 03:56:03 mx1 postfix-out/discard[25310]: 4jXFc33Ccsz1ZRt2: to=<r8@rcpt.example.net>, relay=none, delay=0.06, delays=0/0.06/0/0, dsn=2.0.0, status=sent (rcpt.example.net)
Nov 22 03:56:03 mx1 postfix-out/qmgr[25261]: 4jXFc33Ccsz1ZRt2: removed
Nov 22 03:56:03 mx1 postfix-out/discard[25307]: 4jXFc33F33z1ZRt3: to=<r11@rcpt.example.net>, relay=none, delay=0.06, delays=0/0.06/0/0, dsn=2.0.0, status=sent (rcpt.example.net)
Nov 22 03:56:03 mx1 postfix-out/discard[25307]: 4jXFc33F33z1ZRt3: to=<r16@rcpt.example.net>, relay=none, delay=0.06, delays=0/0.06/0/0, dsn=2.0.0, status=sent (rcpt.example.net)
Nov 22 03:56:03 mx1 postfix-out/discard[25307]: 4jXFc33F33z1ZRt3: to=<r5@rcpt.example.net>, relay=none, delay=0.06, delays=0/0.06/0/0, dsn=2.0.0, status=sent (rcpt.example.net)
Nov 22 03:56:03 mx1 postfix-out/qmgr[25261]: 4jXFc33F33z1ZRt3: removed
Nov 22 03:58:13 mx1 postfix/smtpd[721]: connect from unknown[127.0.2.7]
Nov 22 03:58:13 mx1 postfix/smtpd[721]: Anonymous TLS connection established from real-8.behind-proxy.example[192.0.2.8]: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits) key-exchange X25519 server-signature ECDSA (prime256v1) server-digest SHA256
Nov 22 03:58:13 mx1 postfix/smtpd[721]: D76E9A52356: client=real-8.behind-proxy.example[192.0.2.8]
Nov 22 03:58:13 mx1 postfix/cleanup[757]: D76E9A52356: message-id=<v37-proxied-00011.m1@example.test>
Nov 22 03:58:13 mx1 postfix/qmgr[710]: D76E9A52356: from=<u4@sender.example>, size=890, nrcpt=1 (queue active)
Nov 22 03:58:13 mx1 postfix/discard[725]: D76E9A52356: to=<r17@rcpt.example.net>, relay=none, delay=0, delays=0/0/0/0, dsn=2.0.0, status=sent (rcpt.example.net)
Nov 22 03:58:13 mx1 postfix/qmgr[710]: D76E9A52356: removed
Nov 22 03:58:13 mx1 postfix/smtpd[721]: disconnect from real-8.behind-proxy.example[192.0.2.8] ehlo=3 xclient=0/1 starttls=1 mail=1 rcpt=1 data=1 quit=1 commands=8/9
Nov 22 04:19:13 mx1 postfix/smtpd[25917]: connect from six.example.net[2001:db8:25::4]:48651
Nov 22 04:19:13 mx1 postfix/smtpd[25917]: Anonymous TLS connection established from six.example.net[2001:db8:25::4]:48651 to mail.sni-one.example: TLSv1.3 with cipher TLS_AES_128_GCM_SHA256 (128/128 bits) key-exchange ECDHE (prime256v1) server-signature RSA-PSS (2048 bits) server-digest SHA256
Nov 22 04:19:13 mx1 postfix/smtpd[25917]: 1C6979AE0A2: client=six.example.net[2001:db8:25::4]:48651
Nov 22 04:19:13 mx1 postfix/cleanup[25920]: 1C6979AE0A2: message-id=<v37-sni-00006.m1@example.test>
Nov 22 04:19:13 mx1 postfix/qmgr[25877]: 1C6979AE0A2: from=<u6@sender.example>, size=6338, nrcpt=1 (queue active)
Nov 22 04:19:13 mx1 postfix/smtpd[25917]: disconnect from six.example.net[2001:db8:25::4]:48651 ehlo=2 starttls=1 mail=1 rcpt=1 data=1 quit=1 commands=7
Nov 22 04:19:13 mx1 postfix/discard[25926]: 1C6979AE0A2: to=<r12@rcpt.example.net>, relay=none, delay=0.01, delays=0.01/0.01/0/0, dsn=2.0.0, status=sent (rcpt.example.net)
Nov 22 04:19:13 mx1 postfix/qmgr[25877]: 1C6979AE0A2: removed
`
	seedFailures = `Nov 22 04:04:00 mx1 postfix/submission/smtpd[21619]: connect from unknown[127.0.2.3]
Nov 22 04:04:00 mx1 postfix/submission/smtpd[21619]: SSL_accept error from unknown[127.0.2.3]: -1
Nov 22 04:04:00 mx1 postfix/submission/smtpd[21619]: warning: TLS library problem: error:0A0000C1:SSL routines::no shared cipher:../ssl/statem/statem_srvr.c:2226:
Nov 22 04:04:00 mx1 postfix/submission/smtpd[21619]: lost connection after STARTTLS from unknown[127.0.2.3]
Nov 22 04:04:00 mx1 postfix/submission/smtpd[21619]: disconnect from unknown[127.0.2.3] ehlo=1 starttls=0/1 commands=1/2
Nov 22 04:04:00 mx1 postfix/smtps/smtpd[21612]: connect from 127-0-5-6.dyn.isp.example[127.0.5.6]
Nov 22 04:04:00 mx1 postfix/smtps/smtpd[21612]: SSL_accept error from 127-0-5-6.dyn.isp.example[127.0.5.6]: -1
Nov 22 04:04:00 mx1 postfix/smtps/smtpd[21612]: warning: TLS library problem: error:0A00009C:SSL routines::http request:../ssl/record/ssl3_record.c:341:
Nov 22 04:04:00 mx1 postfix/smtps/smtpd[21612]: lost connection after CONNECT from 127-0-5-6.dyn.isp.example[127.0.5.6]
Nov 22 04:04:00 mx1 postfix/smtps/smtpd[21612]: disconnect from 127-0-5-6.dyn.isp.example[127.0.5.6] commands=0/0
Nov 22 04:08:04 mx1 postfix/smtpd[8367]: connect from mail-a.example.org[127.0.1.1]
Nov 22 04:08:04 mx1 postfix/smtpd[8367]: Anonymous TLS connection established from mail-a.example.org[127.0.1.1]: TLSv1.2 with cipher ECDHE-ECDSA-AES256-GCM-SHA384 (256/256 bits)
Nov 22 04:08:04 mx1 postfix/smtpd[8367]: warning: New TLS session rate limit exceeded: 16 from mail-a.example.org[127.0.1.1] for service 2525
Nov 22 04:08:04 mx1 postfix/smtpd[8367]: disconnect from mail-a.example.org[127.0.1.1] ehlo=1 starttls=0/1 commands=1/2
Nov 22 04:08:04 mx1 postfix/smtpd[8380]: connect from mail-a.example.org[127.0.1.1]
Nov 22 04:08:04 mx1 postfix/smtpd[8380]: warning: Refusing STARTTLS request from mail-a.example.org[127.0.1.1] for service 2525
Nov 22 04:08:04 mx1 postfix/smtpd[8380]: lost connection after STARTTLS from mail-a.example.org[127.0.1.1]
Nov 22 04:08:04 mx1 postfix/smtpd[8380]: disconnect from mail-a.example.org[127.0.1.1] ehlo=1 starttls=0/1 commands=1/2
Nov 22 04:14:14 mx1 postfix/reqcert/smtpd[19946]: connect from unknown[127.0.3.3]
Nov 22 04:14:14 mx1 postfix/reqcert/smtpd[19946]: certificate verification failed for unknown[127.0.3.3]: self-signed certificate
Nov 22 04:14:14 mx1 postfix/reqcert/smtpd[19946]: Untrusted TLS connection established from unknown[127.0.3.3]: TLSv1.2 with cipher ECDHE-ECDSA-AES256-GCM-SHA384 (256/256 bits)
Nov 22 04:14:14 mx1 postfix/reqcert/smtpd[19946]: NOQUEUE: abort: TLS from unknown[127.0.3.3]: Client certificate not trusted
Nov 22 04:14:14 mx1 postfix/reqcert/smtpd[19946]: disconnect from unknown[127.0.3.3] ehlo=1 starttls=1 commands=2
Nov 22 04:14:13 mx1 postfix/smtpd[19935]: connect from 127-0-5-3.dyn.isp.example[127.0.5.3]
Nov 22 04:14:13 mx1 postfix/smtpd[19935]: Anonymous TLS connection established from 127-0-5-3.dyn.isp.example[127.0.5.3]: TLSv1.2 with cipher DHE-RSA-AES128-SHA256 (128/128 bits)
Nov 22 04:14:13 mx1 postfix/smtpd[19935]: F0CE9A7A1E4: client=127-0-5-3.dyn.isp.example[127.0.5.3]
Nov 22 04:14:13 mx1 postfix/smtpd[19935]: F0CE9A7A1E4: lost connection after RCPT from 127-0-5-3.dyn.isp.example[127.0.5.3]
Nov 22 04:14:13 mx1 postfix/smtpd[19935]: disconnect from 127-0-5-3.dyn.isp.example[127.0.5.3] ehlo=2 starttls=1 mail=1 rcpt=1 commands=5
Nov 22 04:14:13 mx1 postfix/cleanup[19934]: F0CE9A7A1E4: removed (canceled)
Nov 22 04:04:01 mx1 postfix/smtpd[21642]: connect from mail-b.example.org[127.0.1.2]
Nov 22 04:04:01 mx1 postfix/smtpd[21642]: too many errors after UNKNOWN from mail-b.example.org[127.0.1.2]
Nov 22 04:04:01 mx1 postfix/smtpd[21642]: disconnect from mail-b.example.org[127.0.1.2] ehlo=1 unknown=0/8 commands=1/9
Nov 22 04:14:16 mx1 postfix/submission/smtpd[20038]: connect from unknown[unknown]
Nov 22 04:14:16 mx1 postfix/submission/smtpd[20038]: NOQUEUE: lost connection after CONNECT from unknown[unknown]
Nov 22 04:14:16 mx1 postfix/submission/smtpd[20038]: disconnect from unknown[unknown] commands=0/0
Nov 22 04:14:17 mx1 postfix/master[19876]: warning: process /usr/libexec/postfix/smtpd pid 19923 killed by signal 9
`
	seedForms = `2026-11-22T05:02:31.130647+01:00 vm postfix/submission/smtpd[11584]: connect from 127-0-5-1.dyn.isp.example[127.0.5.1]
2026-11-22T05:02:31.146632+01:00 vm postfix/submission/smtpd[11584]: Anonymous TLS connection established from 127-0-5-1.dyn.isp.example[127.0.5.1]: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits) key-exchange X25519 server-signature ECDSA (prime256v1) server-digest SHA256
2026-11-22T05:02:31.187039+01:00 vm postfix/submission/smtpd[11584]: 2DA3BA860EF: client=127-0-5-1.dyn.isp.example[127.0.5.1], sasl_method=LOGIN, sasl_username=alice@mx1.example.com
2026-11-22T05:02:31.187892+01:00 vm postfix/cleanup[11633]: 2DA3BA860EF: message-id=<v37-iso-tz-berlin-00001.m1@example.test>
2026-11-22T05:02:31.194553+01:00 vm postfix/qmgr[11579]: 2DA3BA860EF: from=<u4@sender.example>, size=684, nrcpt=1 (queue active)
2026-11-22T05:02:31.196439+01:00 vm postfix/submission/smtpd[11584]: 2FF1CA860F1: client=127-0-5-1.dyn.isp.example[127.0.5.1], sasl_method=LOGIN, sasl_username=alice@mx1.example.com
2026-11-22T05:02:31.197290+01:00 vm postfix/cleanup[11633]: 2FF1CA860F1: message-id=<v37-iso-tz-berlin-00001.m2@example.test>
2026-11-22T05:02:31.219283+01:00 vm postfix/qmgr[11579]: 2FF1CA860F1: from=<u4@sender.example>, size=6300, nrcpt=1 (queue active)
2026-11-22T05:02:31.219519+01:00 vm postfix/discard[11636]: 2DA3BA860EF: to=<r9@rcpt.example.net>, relay=none, delay=0.06, delays=0.04/0.02/0/0, dsn=2.0.0, status=sent (rcpt.example.net)
2026-11-22T05:02:31.219606+01:00 vm postfix/qmgr[11579]: 2DA3BA860EF: removed
2026-11-22T05:02:31.227143+01:00 vm postfix/discard[11636]: 2FF1CA860F1: to=<r9@rcpt.example.net>, relay=none, delay=0.03, delays=0.02/0.01/0/0, dsn=2.0.0, status=sent (rcpt.example.net)
2026-11-22T05:02:31.227504+01:00 vm postfix/qmgr[11579]: 2FF1CA860F1: removed
2026-11-22T05:02:31.247949+01:00 vm postfix/submission/smtpd[11584]: 3C84EA860EF: client=127-0-5-1.dyn.isp.example[127.0.5.1], sasl_method=LOGIN, sasl_username=alice@mx1.example.com
2026-11-22T05:02:31.263478+01:00 vm postfix/cleanup[11633]: 3C84EA860EF: message-id=<v37-iso-tz-berlin-00001.m3@example.test>
2026-11-22T05:02:31.274477+01:00 vm postfix/qmgr[11579]: 3C84EA860EF: from=<u1@sender.example>, size=1954, nrcpt=3 (queue active)
2026-11-22T05:02:31.276238+01:00 vm postfix/discard[11637]: 3C84EA860EF: to=<r10@rcpt.example.net>, relay=none, delay=0.03, delays=0.03/0/0/0, dsn=2.0.0, status=sent (rcpt.example.net)
2026-11-22T05:02:31.276254+01:00 vm postfix/discard[11637]: 3C84EA860EF: to=<r12@rcpt.example.net>, relay=none, delay=0.03, delays=0.03/0/0/0, dsn=2.0.0, status=sent (rcpt.example.net)
2026-11-22T05:02:31.276258+01:00 vm postfix/discard[11637]: 3C84EA860EF: to=<r15@rcpt.example.net>, relay=none, delay=0.03, delays=0.03/0/0/0, dsn=2.0.0, status=sent (rcpt.example.net)
2026-11-22T05:02:31.276300+01:00 vm postfix/qmgr[11579]: 3C84EA860EF: removed
2026-11-22T05:02:31.282256+01:00 vm postfix/submission/smtpd[11584]: disconnect from 127-0-5-1.dyn.isp.example[127.0.5.1] ehlo=2 starttls=1 auth=1 mail=3 rcpt=5 data=3 quit=1 commands=16
Nov 22 04:18:21 mx1 postfix/smtpd[24781]: > 127-0-5-1.dyn.isp.example[127.0.5.1]: 220 mx1.example.com ESMTP Postfix
Nov 22 04:18:21 mx1 postfix/smtpd[24781]: < 127-0-5-1.dyn.isp.example[127.0.5.1]: EHLO s00006.client.example
Nov 22 04:18:21 mx1 postfix/smtpd[24781]: > 127-0-5-1.dyn.isp.example[127.0.5.1]: 250-mx1.example.com
Nov 22 04:18:21 mx1 postfix/smtpd[24781]: > 127-0-5-1.dyn.isp.example[127.0.5.1]: 250-PIPELINING
Nov 22 04:18:21 mx1 postfix/smtpd[24781]: > 127-0-5-1.dyn.isp.example[127.0.5.1]: 250-SIZE 100000
Nov 22 04:18:21 mx1 postfix/smtpd[24781]: > 127-0-5-1.dyn.isp.example[127.0.5.1]: 250-VRFY
Nov 22 03:55:17 mx1 postfix/smtpd[22533]: initializing the server-side TLS engine
Nov 22 03:55:17 mx1 postfix/smtps/smtpd[22538]: initializing the server-side TLS engine
Nov 22 03:55:17 mx1 postfix/reqcert/smtpd[22540]: initializing the server-side TLS engine
Nov 22 03:55:17 mx1 postfix/submission/smtpd[22566]: initializing the server-side TLS engine
Nov 22 03:55:17 mx1 postfix/submission/smtpd[22566]: connect from unknown[127.0.2.4]
Nov 22 03:55:17 mx1 postfix/smtps/smtpd[22538]: connect from mail-multi.example.org[127.0.6.1]
Nov 22 03:55:17 mx1 postfix/submission/smtpd[22566]: setting up TLS connection from unknown[127.0.2.4]
Nov 22 03:55:17 mx1 postfix/submission/smtpd[22566]: unknown[127.0.2.4]: TLS cipher list "ALL:!eNULL:!aNULL:@SECLEVEL=0:!CAMELLIA:!aNULL"
Nov 22 03:55:17 mx1 postfix/smtps/smtpd[22538]: setting up TLS connection from mail-multi.example.org[127.0.6.1]
Nov 22 03:55:17 mx1 postfix/smtps/smtpd[22538]: mail-multi.example.org[127.0.6.1]: TLS cipher list "ALL:!eNULL:!aNULL:@SECLEVEL=0:!CAMELLIA:!aNULL"
Nov 22 03:55:17 mx1 postfix/smtps/smtpd[22538]: SSL_accept:before SSL initialization
Nov 22 03:55:17 mx1 postfix/smtps/smtpd[22538]: SSL_accept:before SSL initialization
Nov 22 03:55:17 mx1 postfix/reqcert/smtpd[22540]: connect from mail-multi.example.org[127.0.6.2]
Nov 22 03:55:17 mx1 postfix/smtps/smtpd[22538]: SSL_accept:SSLv3/TLS read client hello
Nov 22 03:55:17 mx1 postfix/smtps/smtpd[22538]: SSL_accept:SSLv3/TLS write server hello
Nov 22 03:55:17 mx1 postfix/smtps/smtpd[22538]: SSL_accept:SSLv3/TLS write certificate
Nov 22 04:05:34 mx1 postfix/master[27005]: daemon started -- version 3.12-20260821, configuration /etc/postfix
Nov 22 04:05:34 mx1 postfix/postscreen[27041]: cache lmdb:/var/lib/postfix/ps_cache full cleanup: retained=0 dropped=0 entries
Nov 22 04:05:34 mx1 postfix/postscreen[27041]: CONNECT from [127.0.1.3]:49463 to [127.0.0.1]:2525
Nov 22 04:05:34 mx1 postfix/postscreen[27041]: CONNECT from [127.0.1.3]:44553 to [127.0.0.1]:2525
Nov 22 04:05:34 mx1 postfix/postscreen[27041]: CONNECT from [127.0.3.3]:54719 to [127.0.0.1]:2525
Nov 22 04:05:34 mx1 postfix/postscreen[27041]: CONNECT from [127.0.4.3]:46485 to [127.0.0.1]:2525
Nov 22 04:05:34 mx1 postfix/postscreen[27041]: CONNECT from [127.0.1.2]:44929 to [127.0.0.1]:2525
Nov 22 04:05:34 mx1 postfix/postscreen[27041]: CONNECT from [2001:db8:25::3]:59247 to [2001:db8:25::1]:2525
Dec 31 23:59:47 mx1 postfix/smtpd[22533]: warning: hostname liar.example.org does not resolve to address 127.0.3.1
Dec 31 23:59:47 mx1 postfix/smtpd[22533]: connect from unknown[127.0.3.1]
Dec 31 23:59:47 mx1 postfix/submission/smtpd[22532]: connect from mx3.sub.domain.example.com[127.0.1.3]
Dec 31 23:59:47 mx1 postfix/submission/smtpd[22532]: Anonymous TLS connection established from mx3.sub.domain.example.com[127.0.1.3]: TLSv1.2 with cipher ECDHE-RSA-CHACHA20-POLY1305 (256/256 bits)
Oct 25 02:59:47 mx1 postfix/smtpd[19587]: connect from unknown[127.0.2.5]
Oct 25 02:59:47 mx1 postfix/smtpd[19589]: connect from unknown[127.0.2.1]
Oct 25 02:59:47 mx1 postfix/smtpd[19590]: connect from a-very-long-host-name-label-that-goes-on-and-on-to-sixty-three0.another-long-label-for-the-second-level.mail.customer-4711.example.com[127.0.4.4]
Nov 22 04:03:43 mx1 postfix/smtpd[18997]: connect from unknown[127.0.2.5]
Nov 22 04:03:43 mx1 postfix/smtpd[18997]: Anonymous TLS connection established from unknown[127.0.2.5]: TLSv1.1 with cipher ECDHE-RSA-AES256-SHA (256/256 bits)
Nov 22 04:03:43 mx1 postfix/smtpd[19030]: connect from 127-0-5-14.dyn.isp.example[127.0.5.14]
Nov 22 04:03:43 mx1 postfix/smtpd[19030]: Anonymous TLS connection established from 127-0-5-14.dyn.isp.example[127.0.5.14]: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits) key-exchange x25519 server-signature ECDSA (prime256v1) server-digest SHA256
Nov 22 04:03:43 mx1 postfix/smtpd[18997]: 76A9BA88130: client=unknown[127.0.2.5]
Nov 22 04:03:43 mx1 postfix/smtpd[19030]: 7977FA88131: client=127-0-5-14.dyn.isp.example[127.0.5.14]
Nov 22 04:03:43 mx1 postfix/smtpd[19030]: disconnect from 127-0-5-14.dyn.isp.example[127.0.5.14] ehlo=2 starttls=1 mail=1 rcpt=3 data=1 quit=1 commands=9
Nov 22 04:03:43 mx1 postfix/smtpd[19030]: warning: hostname liar.example.org does not resolve to address 127.0.3.1
2026-11-22T04:22:14.323815+00:00 vm postfix/smtpd[29499]: connect from mx3.sub.domain.example.com[127.0.1.3]
2026-11-22T04:22:14.335703+00:00 vm postfix/smtpd[29499]: Anonymous TLS connection established from mx3.sub.domain.example.com[127.0.1.3]: TLSv1.2 with cipher DHE-RSA-CHACHA20-POLY1305 (256/256 bits)
2026-11-22T04:22:14.598396+00:00 vm postfix/smtps/smtpd[29501]: connect from unknown[127.0.2.3]
2026-11-22T04:22:14.605694+00:00 vm postfix/smtps/smtpd[29501]: Anonymous TLS connection established from unknown[127.0.2.3]: TLSv1.3 with cipher TLS_AES_128_GCM_SHA256 (128/128 bits) key-exchange ECDHE (secp384r1) server-signature ECDSA (prime256v1) server-digest SHA256
`
	seedDeliveries = `Nov 22 04:03:44 mx1 postfix/smtpd[18997]: 25EB1A88135: client=my_host.example.org[127.0.4.2]
Nov 22 04:03:44 mx1 postfix/cleanup[19035]: 25EB1A88135: message-id=<out-v311-00006.m2@corpus.test>
Nov 22 04:03:44 mx1 postfix/qmgr[18917]: 25EB1A88135: from=<u4@sender.example>, size=1739, nrcpt=5 (queue active)
Nov 22 04:03:44 mx1 postfix/lmtp[19076]: warning: smtp_connect_local: opportunistic TLS encryption is not appropriate for unix-domain destinations.
Nov 22 04:03:44 mx1 postfix/lmtp[19076]: 25EB1A88135: to=<u155@lmtpunix.example>, relay=mx1.corpus.example[public/sink-lmtp], delay=0.33, delays=0.32/0.01/0/0, tls=may:none, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as SNK000038)
Nov 22 04:03:44 mx1 postfix/lmtp[19076]: 25EB1A88135: to=<u333@lmtpunix.example>, relay=mx1.corpus.example[public/sink-lmtp], delay=0.33, delays=0.32/0.01/0/0, tls=may:none, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as SNK000038)
Nov 22 04:03:44 mx1 postfix/smtp[19036]: Trusted TLS connection established to mx-tls13.dest.example[127.0.10.1]:25: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits) key-exchange x25519
Nov 22 04:03:44 mx1 postfix/smtp[19046]: Trusted TLS connection established to mx-reject.dest.example[127.0.10.7]:25: TLSv1.3 with cipher TLS_CHACHA20_POLY1305_SHA256 (256/256 bits) key-exchange x25519
Nov 22 04:03:44 mx1 postfix/smtpd[19167]: 7C0ACA88137: client=127-0-5-2.dyn.isp.example[127.0.5.2]
Nov 22 04:03:44 mx1 postfix/cleanup[19034]: 7C0ACA88137: message-id=<out-v311-00010.m1@corpus.test>
Nov 22 04:03:44 mx1 postfix/smtp[19036]: 25EB1A88135: to=<u111@tls13.example>, relay=mx-tls13.dest.example[127.0.10.1]:25, delay=0.38, delays=0.32/0.01/0.01/0.04, tls=may, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as SNK000039)
Nov 22 04:03:44 mx1 postfix/smtp[19036]: 25EB1A88135: to=<u664@tls13.example>, relay=mx-tls13.dest.example[127.0.10.1]:25, delay=0.38, delays=0.32/0.01/0.01/0.04, tls=may, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as SNK000039)
Nov 22 04:03:44 mx1 postfix/smtp[19046]: 25EB1A88135: to=<u190@reject.example>, relay=mx-reject.dest.example[127.0.10.7]:25, delay=0.38, delays=0.32/0.01/0.01/0.04, tls=may, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as SNK000040)
Nov 22 04:03:44 mx1 postfix/qmgr[18917]: 25EB1A88135: removed
Nov 22 04:03:44 mx1 postfix/qmgr[18917]: 7C0ACA88137: from=<u2@sender.example>, size=6182, nrcpt=2 (queue active)
Nov 22 04:03:44 mx1 postfix/smtp[19051]: Untrusted TLS connection established to mx-drop-data.dest.example[127.0.10.11]:25: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits) key-exchange x25519 server-signature RSA-PSS (2048 bits) server-digest SHA256
Nov 22 04:03:44 mx1 postfix/smtp[19037]: Trusted TLS connection established to mx-pool.dest.example[127.0.10.19]:25: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits) key-exchange x25519 server-signature RSA-PSS (2048 bits) server-digest SHA256
Nov 22 04:03:44 mx1 postfix/smtp[19051]: 7C0ACA88137: to=<u417@dropper.example>, relay=mx-drop-data.dest.example[127.0.10.11]:25, delay=0.08, delays=0.03/0/0.05/0, tls=may, dsn=4.4.2, status=deferred (lost connection with mx-drop-data.dest.example[127.0.10.11] while sending DATA command)
Nov 22 04:03:44 mx1 postfix/smtp[19037]: 7C0ACA88137: to=<u541@pool.example>, relay=mx-pool.dest.example[127.0.10.19]:25, delay=0.13, delays=0.03/0/0.05/0.04, tls=may, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as SNK000044)
Nov 22 04:03:45 mx1 postfix/smtpd[19177]: 8426DA8815C: client=127-0-5-3.dyn.isp.example[127.0.5.3]
Nov 22 04:03:45 mx1 postfix/cleanup[19034]: 8426DA8815C: message-id=<out-v311-00020.m2@corpus.test>
Nov 22 04:03:45 mx1 postfix/qmgr[18917]: 8426DA8815C: from=<u2@sender.example>, size=6065, nrcpt=2 (queue active)
Nov 22 04:03:45 mx1 postfix/smtp[19037]: server certificate verification failed for mx-danebad.dest.example[127.0.10.13]:25: num=65:no matching DANE TLSA records
Nov 22 04:03:45 mx1 postfix/smtp[19037]: Untrusted TLS connection established to mx-danebad.dest.example[127.0.10.13]:25: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits) key-exchange x25519 server-signature RSA-PSS (2048 bits) server-digest SHA256
Nov 22 04:03:45 mx1 postfix/smtp[19037]: 8426DA8815C: to=<u825@danebad.example>, relay=mx-danebad.dest.example[127.0.10.13]:25, delay=0.02, delays=0.01/0/0.02/0, tls=!dane, dsn=4.7.5, status=deferred (Server certificate not verified)
Nov 22 04:03:45 mx1 postfix/smtp[19370]: 8426DA8815C: to=<u287@notls.example>, relay=mx-notls.dest.example[127.0.10.4]:25, delay=0.07, delays=0.01/0.02/0/0.04, tls=may:none, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as SNK000079)
Nov 22 04:03:48 mx1 postfix/smtpd[19167]: 33900A88188: client=unknown[127.0.2.2]
Nov 22 04:03:48 mx1 postfix/cleanup[19908]: 33900A88188: message-id=<out-v311-00045.m2@corpus.test>
Nov 22 04:03:48 mx1 postfix/qmgr[18917]: 33900A88188: from=<u3@sender.example>, size=6047, nrcpt=3 (queue active)
Nov 22 04:03:48 mx1 postfix/smtp[19370]: SSL_connect error to mx-broken.dest.example[127.0.10.5]:25: -1
Nov 22 04:03:48 mx1 postfix/smtp[19370]: warning: TLS library problem: error:0A00010B:SSL routines::wrong version number:../ssl/record/ssl3_record.c:350:
Nov 22 04:03:48 mx1 postfix/smtp[19370]: 33900A88188: to=<u233@broken.example>, relay=mx-broken.dest.example[127.0.10.5]:25, delay=0.01, delays=0.01/0/0/0, tls=may?, dsn=4.7.5, status=deferred (Cannot start TLS: handshake failure)
Nov 22 04:03:48 mx1 postfix/smtp[19370]: 33900A88188: to=<u599@broken.example>, relay=mx-broken.dest.example[127.0.10.5]:25, delay=0.01, delays=0.01/0/0/0, tls=may?, dsn=4.7.5, status=deferred (Cannot start TLS: handshake failure)
Nov 22 04:03:48 mx1 postfix/smtp[19370]: 33900A88188: to=<u866@broken.example>, relay=mx-broken.dest.example[127.0.10.5]:25, delay=0.01, delays=0.01/0/0/0, tls=may?, dsn=4.7.5, status=deferred (Cannot start TLS: handshake failure)
Nov 22 04:03:51 mx1 postfix/qmgr[18917]: 8426DA8815C: from=<u2@sender.example>, size=6065, nrcpt=2 (queue active)
Nov 22 04:03:51 mx1 postfix/qmgr[18917]: 7C0ACA88137: from=<u2@sender.example>, size=6182, nrcpt=2 (queue active)
Nov 22 04:03:51 mx1 postfix/smtp[20344]: server certificate verification failed for mx-danebad.dest.example[127.0.10.13]:25: num=65:no matching DANE TLSA records
Nov 22 04:03:51 mx1 postfix/smtp[20344]: Untrusted TLS connection established to mx-danebad.dest.example[127.0.10.13]:25: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits) key-exchange x25519 server-signature RSA-PSS (2048 bits) server-digest SHA256
Nov 22 04:03:51 mx1 postfix/smtp[20344]: 8426DA8815C: to=<u825@danebad.example>, relay=mx-danebad.dest.example[127.0.10.13]:25, delay=5.5, delays=5.5/0/0.01/0, tls=!dane, dsn=4.7.5, status=deferred (Server certificate not verified)
Nov 22 04:03:51 mx1 postfix/smtp[19370]: Untrusted TLS connection established to mx-drop-data.dest.example[127.0.10.11]:25: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits) key-exchange x25519
Nov 22 04:03:51 mx1 postfix/smtp[19370]: 7C0ACA88137: lost connection with mx-drop-data.dest.example[127.0.10.11] while sending DATA command
Nov 22 04:03:51 mx1 postfix/smtp[19370]: 7C0ACA88137: to=<u417@dropper.example>, relay=mx-drop-data.dest.example[127.0.10.11]:25, delay=6.7, delays=6.5/0.1/0.05/0.03, tls=may:none, dsn=4.4.2, status=deferred (lost connection with mx-drop-data.dest.example[127.0.10.11] while sending DATA command)
Nov 22 04:03:55 mx1 postfix/qmgr[18917]: 33900A88188: from=<u3@sender.example>, size=6047, nrcpt=3 (queue active)
Nov 22 04:03:55 mx1 postfix/smtp[20534]: SSL_connect error to mx-broken.dest.example[127.0.10.5]:25: -1
Nov 22 04:03:55 mx1 postfix/smtp[20534]: warning: TLS library problem: error:0A00010B:SSL routines::wrong version number:../ssl/record/ssl3_record.c:350:
Nov 22 04:03:55 mx1 postfix/smtp[20534]: 33900A88188: Cannot start TLS: handshake failure
Nov 22 04:03:55 mx1 postfix/smtp[20534]: 33900A88188: to=<u233@broken.example>, relay=mx-broken.dest.example[127.0.10.5]:25, delay=6.9, delays=6.8/0/0.01/0.04, tls=may:none, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as SNK000463)
Nov 22 04:03:55 mx1 postfix/smtp[20534]: 33900A88188: to=<u599@broken.example>, relay=mx-broken.dest.example[127.0.10.5]:25, delay=6.9, delays=6.8/0/0.01/0.04, tls=may:none, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as SNK000463)
Nov 22 04:03:55 mx1 postfix/smtp[20534]: 33900A88188: to=<u866@broken.example>, relay=mx-broken.dest.example[127.0.10.5]:25, delay=6.9, delays=6.8/0/0.01/0.04, tls=may:none, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as SNK000463)
Nov 22 04:03:55 mx1 postfix/qmgr[18917]: 33900A88188: removed
Nov 22 04:03:59 mx1 postfix/qmgr[18917]: 8426DA8815C: from=<u2@sender.example>, size=6065, nrcpt=2 (queue active)
Nov 22 04:03:59 mx1 postfix/smtp[21014]: server certificate verification failed for mx-danebad.dest.example[127.0.10.13]:25: num=65:no matching DANE TLSA records
Nov 22 04:03:59 mx1 postfix/smtp[21014]: Untrusted TLS connection established to mx-danebad.dest.example[127.0.10.13]:25: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits) key-exchange x25519 server-signature RSA-PSS (2048 bits) server-digest SHA256
Nov 22 04:03:59 mx1 postfix/qmgr[18917]: 7C0ACA88137: from=<u2@sender.example>, size=6182, nrcpt=2 (queue active)
Nov 22 04:03:59 mx1 postfix/smtp[21014]: 8426DA8815C: to=<u825@danebad.example>, relay=mx-danebad.dest.example[127.0.10.13]:25, delay=14, delays=13/0/0.05/0, tls=!dane, dsn=4.7.5, status=deferred (Server certificate not verified)
Nov 22 04:03:59 mx1 postfix/smtp[21332]: Untrusted TLS connection established to mx-drop-data.dest.example[127.0.10.11]:25: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits) key-exchange x25519
Nov 22 04:03:59 mx1 postfix/smtp[21332]: 7C0ACA88137: lost connection with mx-drop-data.dest.example[127.0.10.11] while sending DATA command
Nov 22 04:03:59 mx1 postfix/smtp[21332]: 7C0ACA88137: to=<u417@dropper.example>, relay=mx-drop-data.dest.example[127.0.10.11]:25, delay=15, delays=15/0.05/0.05/0.04, tls=may:none, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as SNK000689)
Nov 22 04:03:59 mx1 postfix/qmgr[18917]: 7C0ACA88137: removed
Nov 22 04:04:07 mx1 postfix/qmgr[18917]: 8426DA8815C: from=<u2@sender.example>, size=6065, nrcpt=2 (queue active)
`
	seedReuse = `Nov 22 04:02:50 mx1 postfix/smtpd[13496]: 261B9A8633E: client=unknown[2001:db8:25::3]
Nov 22 04:02:50 mx1 postfix/cleanup[13527]: 261B9A8633E: message-id=<out-v37-reuse-00005.m1@corpus.test>
Nov 22 04:02:50 mx1 postfix/qmgr[13446]: 261B9A8633E: from=<u4@sender.example>, size=692, nrcpt=1 (queue active)
Nov 22 04:02:50 mx1 postfix/smtp[13564]: Trusted TLS connection reused to mx-tls13.dest.example[127.0.10.1]:25: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits) key-exchange X25519 server-signature RSA-PSS (2048 bits) server-digest SHA256
Nov 22 04:02:50 mx1 postfix/smtp[13564]: 261B9A8633E: to=<u467@tls13.example>, relay=mx-tls13.dest.example[127.0.10.1]:25, conn_use=2, delay=0.05, delays=0/0/0.01/0.05, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as SNK000016)
Nov 22 04:02:50 mx1 postfix/qmgr[13446]: 261B9A8633E: removed
Nov 22 04:02:50 mx1 postfix/smtpd[13533]: 8BDDDA86362: client=a-very-long-host-name-label-that-goes-on-and-on-to-sixty-three0.another-long-label-for-the-second-level.mail.customer-4711.example.com[127.0.4.4]
Nov 22 04:02:50 mx1 postfix/cleanup[13527]: 8BDDDA86362: message-id=<out-v37-reuse-00007.m3@corpus.test>
Nov 22 04:02:50 mx1 postfix/qmgr[13446]: 8BDDDA86362: from=<u1@sender.example>, size=594, nrcpt=1 (queue active)
Nov 22 04:02:50 mx1 postfix/smtp[13585]: 8BDDDA86362: to=<u752@notls.example>, relay=mx-notls.dest.example[127.0.10.4]:25, conn_use=2, delay=0.06, delays=0.01/0/0/0.04, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as SNK000030)
Nov 22 04:02:50 mx1 postfix/qmgr[13446]: 8BDDDA86362: removed
Nov 22 04:02:50 mx1 postfix/smtpd[13533]: AAB43A8636E: client=mx3.sub.domain.example.com[127.0.1.3]
Nov 22 04:02:50 mx1 postfix/cleanup[13568]: AAB43A8636E: message-id=<out-v37-reuse-00011.m1@corpus.test>
Nov 22 04:02:50 mx1 postfix/qmgr[13446]: AAB43A8636E: from=<u4@sender.example>, size=486, nrcpt=1 (queue active)
Nov 22 04:02:50 mx1 postfix/tlsproxy[13565]: CONNECT to [127.0.10.32]:25
Nov 22 04:02:50 mx1 postfix/tlsproxy[13565]: warning: TLS library problem: error:0A00042E:SSL routines::tlsv1 alert protocol version:../ssl/record/rec_layer_s3.c:1602:SSL alert number 70:
Nov 22 04:02:50 mx1 postfix/tlsproxy[13565]: TLS handshake failed for service=smtp peer=[127.0.10.32]:25
Nov 22 04:02:50 mx1 postfix/tlsproxy[13565]: DISCONNECT [127.0.10.32]:25
Nov 22 04:02:50 mx1 postfix/smtp[13564]: AAB43A8636E: to=<u277@toolow.example>, relay=mx-toolow.dest.example[127.0.10.32]:25, delay=0, delays=0/0/0/0, dsn=4.7.5, status=deferred (Cannot start TLS: handshake failure)
Nov 22 04:02:57 mx1 postfix/qmgr[13446]: AAB43A8636E: from=<u4@sender.example>, size=486, nrcpt=1 (queue active)
Nov 22 04:02:57 mx1 postfix/smtp[14242]: AAB43A8636E: to=<u277@toolow.example>, relay=mx-toolow.dest.example[127.0.10.32]:25, delay=6.4, delays=6.3/0/0.03/0, dsn=4.7.5, status=deferred (Cannot start TLS: handshake failure)
Nov 22 04:03:05 mx1 postfix/qmgr[13446]: AAB43A8636E: from=<u4@sender.example>, size=486, nrcpt=1 (queue active)
Nov 22 04:03:05 mx1 postfix/smtp[14331]: AAB43A8636E: to=<u277@toolow.example>, relay=mx-toolow.dest.example[127.0.10.32]:25, delay=14, delays=14/0.02/0.06/0, dsn=4.7.5, status=deferred (Cannot start TLS: handshake failure)
Nov 22 04:03:13 mx1 postfix/qmgr[13446]: AAB43A8636E: from=<u4@sender.example>, size=486, nrcpt=1 (queue active)
Nov 22 04:03:13 mx1 postfix/smtp[16074]: AAB43A8636E: to=<u277@toolow.example>, relay=mx-toolow.dest.example[127.0.10.32]:25, delay=23, delays=23/0.01/0.02/0, dsn=4.7.5, status=deferred (Cannot start TLS: handshake failure)
Nov 22 04:03:21 mx1 postfix/qmgr[13446]: AAB43A8636E: from=<u4@sender.example>, size=486, nrcpt=1 (queue active)
Nov 22 04:03:21 mx1 postfix/smtp[15500]: AAB43A8636E: to=<u277@toolow.example>, relay=mx-toolow.dest.example[127.0.10.32]:25, delay=31, delays=31/0.01/0.02/0, dsn=4.7.5, status=deferred (Cannot start TLS: handshake failure)
Nov 22 04:03:21 mx1 postfix/qmgr[13446]: AAB43A8636E: from=<u4@sender.example>, status=expired, returned to sender
Nov 22 04:03:21 mx1 postfix/bounce[15638]: AAB43A8636E: sender non-delivery notification: 942E0A8639C
Nov 22 04:03:21 mx1 postfix/qmgr[13446]: AAB43A8636E: removed
`
	seedScreening = `Nov 22 04:04:40 mx1 postfix/postscreen[24387]: CONNECT from [127.0.5.2]:60125 to [127.0.0.1]:2525
Nov 22 04:04:40 mx1 postfix/postscreen[24387]: CONNECT from [127.0.5.11]:59393 to [127.0.0.1]:2525
Nov 22 04:04:40 mx1 postfix/postscreen[24387]: CONNECT from [127.0.2.12]:35407 to [127.0.0.1]:2525
Nov 22 04:04:40 mx1 postfix/postscreen[24387]: DENYLISTED [127.0.2.12]:35407
Nov 22 04:04:41 mx1 postfix/tlsproxy[24407]: CONNECT from [127.0.2.12]:35407
Nov 22 04:04:41 mx1 postfix/tlsproxy[24407]: CONNECT from [127.0.5.2]:60125
Nov 22 04:04:41 mx1 postfix/tlsproxy[24407]: CONNECT from [127.0.5.11]:59393
Nov 22 04:04:41 mx1 postfix/tlsproxy[24407]: TLS handshake failed for service=smtpd peer=[127.0.2.12]:35407
Nov 22 04:04:41 mx1 postfix/tlsproxy[24407]: DISCONNECT [127.0.2.12]:35407
Nov 22 04:04:41 mx1 postfix/postscreen[24387]: HANGUP after 0.07 from [127.0.2.12]:35407 in tests after SMTP handshake
Nov 22 04:04:41 mx1 postfix/postscreen[24387]: DISCONNECT [127.0.2.12]:35407
Nov 22 04:04:41 mx1 postfix/tlsproxy[24407]: Anonymous TLS connection established from [127.0.5.2]:60125: TLSv1.3 with cipher TLS_CHACHA20_POLY1305_SHA256 (256/256 bits) key-exchange X25519 server-signature ECDSA (prime256v1) server-digest SHA256
Nov 22 04:04:41 mx1 postfix/tlsproxy[24407]: Anonymous TLS connection established from [127.0.5.11]:59393: TLSv1.2 with cipher ECDHE-RSA-AES128-SHA (128/128 bits)
Nov 22 04:04:41 mx1 postfix/postscreen[24387]: NOQUEUE: reject: RCPT from [127.0.5.11]:59393: 450 4.3.2 Service currently unavailable; from=<u8@sender.example>, to=<r11@rcpt.example.net>, proto=ESMTP, helo=<s00012.client.example>
Nov 22 04:04:41 mx1 postfix/postscreen[24387]: NOQUEUE: reject: RCPT from [127.0.5.2]:60125: 450 4.3.2 Service currently unavailable; from=<u0@sender.example>, to=<r16@rcpt.example.net>, proto=ESMTP, helo=<s00010.client.example>
Nov 22 04:04:41 mx1 postfix/postscreen[24387]: PASS NEW [127.0.5.2]:60125
Nov 22 04:04:41 mx1 postfix/postscreen[24387]: DISCONNECT [127.0.5.2]:60125
Nov 22 04:04:41 mx1 postfix/tlsproxy[24407]: DISCONNECT [127.0.5.2]:60125
Nov 22 04:04:41 mx1 postfix/postscreen[24387]: NOQUEUE: reject: RCPT from [127.0.5.11]:59393: 450 4.3.2 Service currently unavailable; from=<u8@sender.example>, to=<r10@rcpt.example.net>, proto=ESMTP, helo=<s00012.client.example>
Nov 22 04:04:41 mx1 postfix/postscreen[24387]: NOQUEUE: reject: RCPT from [127.0.5.11]:59393: 450 4.3.2 Service currently unavailable; from=<u8@sender.example>, to=<r9@rcpt.example.net>, proto=ESMTP, helo=<s00012.client.example>
Nov 22 04:04:41 mx1 postfix/postscreen[24387]: PASS OLD [127.0.5.11]:59393
Nov 22 04:04:41 mx1 postfix/tlsproxy[24407]: DISCONNECT [127.0.5.11]:59393
Nov 22 04:04:41 mx1 postfix/postscreen[24387]: DISCONNECT [127.0.5.11]:59393
Nov 22 04:12:26 mx1 postfix/postfix-script[15689]: starting the Postfix mail system
Nov 22 04:12:26 mx1 postfix/master[15691]: daemon started -- version 3.7.11, configuration /etc/postfix
Nov 22 04:12:26 mx1 postfix/smtpd[15699]: connect from mx3.sub.domain.example.com[127.0.1.3]
Nov 22 04:12:26 mx1 postfix/smtpd[15731]: connect from unknown[127.0.2.3]
Nov 22 04:12:26 mx1 postfix/reinject/smtpd[15733]: connect from localhost[127.0.0.1]
Nov 22 04:12:26 mx1 postfix/smtpd[15699]: NOQUEUE: client=mx3.sub.domain.example.com[127.0.1.3]
Nov 22 04:12:26 mx1 postfix/reinject/smtpd[15733]: D4F63A7A14A: client=localhost[127.0.0.1], orig_client=mx3.sub.domain.example.com[127.0.1.3]
Nov 22 04:12:26 mx1 postfix/cleanup[15737]: D4F63A7A14A: message-id=<v37-proxyfilter-00001.m1@corpus.test>
Nov 22 04:12:26 mx1 postfix/smtpd[15699]: proxy-accept: END-OF-MESSAGE: 250 2.0.0 Ok: queued as D4F63A7A14A; from=<u2@sender.example> to=<r15@rcpt.example.net> proto=ESMTP helo=<s00001.client.example>
Nov 22 04:12:26 mx1 postfix/reinject/smtpd[15733]: disconnect from localhost[127.0.0.1] ehlo=1 xforward=1 mail=1 rcpt=1 data=1 quit=1 commands=6
Nov 22 04:12:26 mx1 postfix/reinject/smtpd[15733]: connect from localhost[127.0.0.1]
Nov 22 04:12:26 mx1 postfix/qmgr[15693]: D4F63A7A14A: from=<u2@sender.example>, size=879, nrcpt=1 (queue active)
Nov 22 04:12:26 mx1 postfix/smtpd[15731]: NOQUEUE: client=unknown[127.0.2.3]
Nov 22 04:12:26 mx1 postfix/reinject/smtpd[15733]: D5C4DA7A14B: client=localhost[127.0.0.1], orig_client=unknown[127.0.2.3]
Nov 22 04:12:26 mx1 postfix/reinject/smtpd[15736]: connect from localhost[127.0.0.1]
Nov 22 04:12:26 mx1 postfix/cleanup[15737]: D5C4DA7A14B: message-id=<v37-proxyfilter-00002.m1@corpus.test>
Nov 22 04:12:26 mx1 postfix/smtpd[15731]: proxy-accept: END-OF-MESSAGE: 250 2.0.0 Ok: queued as D5C4DA7A14B; from=<u5@sender.example> to=<r7@rcpt.example.net> proto=ESMTP helo=<s00002.client.example>
Nov 22 04:12:26 mx1 postfix/discard[15738]: D4F63A7A14A: to=<r15@rcpt.example.net>, relay=none, delay=0.02, delays=0.01/0.01/0/0, dsn=2.0.0, status=sent (rcpt.example.net)
Nov 22 04:12:26 mx1 postfix/smtpd[15699]: NOQUEUE: client=mx3.sub.domain.example.com[127.0.1.3]
Nov 22 04:12:26 mx1 postfix/qmgr[15693]: D5C4DA7A14B: from=<u5@sender.example>, size=806, nrcpt=4 (queue active)
Nov 22 04:12:26 mx1 postfix/reinject/smtpd[15733]: disconnect from localhost[127.0.0.1] ehlo=1 xforward=1 mail=1 rcpt=5 data=1 quit=1 commands=10
Nov 22 04:12:26 mx1 postfix/qmgr[15693]: D4F63A7A14A: removed
Nov 22 04:12:26 mx1 postfix/smtpd[15731]: Anonymous TLS connection established from unknown[127.0.2.3]: TLSv1.3 with cipher TLS_AES_128_GCM_SHA256 (128/128 bits) key-exchange X25519 server-signature ECDSA (prime256v1) server-digest SHA256
Nov 22 04:12:26 mx1 postfix/reinject/smtpd[15736]: D87FFA7A14D: client=localhost[127.0.0.1], orig_client=mx3.sub.domain.example.com[127.0.1.3]
Nov 22 04:12:26 mx1 postfix/reinject/smtpd[15733]: connect from localhost[127.0.0.1]
Nov 22 04:12:26 mx1 postfix/smtpd[15734]: warning: hostname liar2.example.org does not resolve to address 127.0.3.3
`
)
