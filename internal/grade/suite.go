package grade

import "strings"

// suite is a cipher suite in its parts. Each part is one bit, so that a rule can name a set of them.
type suite struct {
	handshake
	protection
}

type handshake struct {
	kx   keyExchange
	auth authentication
}

type protection struct {
	enc  encryption
	mode mode
	mac  mac
}

type keyExchange uint8

const (
	kxRSA keyExchange = 1 << iota // key transport
	kxDH                          // static
	kxDHE
	kxECDH // static
	kxECDHE
	kxTLS13 // negotiated apart from the suite, (EC)DHE in all but resumption with a bare pre-shared key
)

type authentication uint8

const (
	authRSA authentication = 1 << iota
	authDSS
	authECDSA
	authAnon
	authTLS13 // negotiated apart from the suite
)

type encryption uint16

const (
	encNull encryption = 1 << iota
	encExport
	encDES
	enc3DES
	encRC4
	encIDEA
	encSEED
	encCamellia
	encARIA
	encAES128
	encAES256
	encChaCha20

	encAES = encAES128 | encAES256
)

type mode uint8

const (
	modeNone mode = 1 << iota
	modeStream
	modeCBC
	modeGCM
	modeCCM
	modeCCM8
	modePoly1305
)

type mac uint8

const (
	macAEAD mac = 1 << iota
	macMD5
	macSHA1
	macSHA256
	macSHA384

	macSHA2 = macSHA256 | macSHA384
)

// handshakes are what stands before _WITH_ in IANA's names. A suite of TLS 1.3 has no such part.
var handshakes = map[string]handshake{
	"TLS":                {kxTLS13, authTLS13},
	"TLS_RSA":            {kxRSA, authRSA},
	"TLS_RSA_EXPORT":     {kxRSA, authRSA},
	"TLS_DH_RSA":         {kxDH, authRSA},
	"TLS_DH_RSA_EXPORT":  {kxDH, authRSA},
	"TLS_DH_DSS":         {kxDH, authDSS},
	"TLS_DH_DSS_EXPORT":  {kxDH, authDSS},
	"TLS_DH_anon":        {kxDHE, authAnon},
	"TLS_DH_anon_EXPORT": {kxDHE, authAnon},
	"TLS_DHE_RSA":        {kxDHE, authRSA},
	"TLS_DHE_RSA_EXPORT": {kxDHE, authRSA},
	"TLS_DHE_DSS":        {kxDHE, authDSS},
	"TLS_DHE_DSS_EXPORT": {kxDHE, authDSS},
	"TLS_ECDH_RSA":       {kxECDH, authRSA},
	"TLS_ECDH_ECDSA":     {kxECDH, authECDSA},
	"TLS_ECDH_anon":      {kxECDHE, authAnon},
	"TLS_ECDHE_RSA":      {kxECDHE, authRSA},
	"TLS_ECDHE_ECDSA":    {kxECDHE, authECDSA},
}

// protections are what stands behind _WITH_. The hash after GCM, CCM and ChaCha20 belongs to the key derivation and is no MAC.
var protections = map[string]protection{
	"NULL_MD5":                 {encNull, modeNone, macMD5},
	"NULL_SHA":                 {encNull, modeNone, macSHA1},
	"NULL_SHA256":              {encNull, modeNone, macSHA256},
	"SHA256_SHA256":            {encNull, modeNone, macSHA256}, // RFC 9150: integrity only
	"SHA384_SHA384":            {encNull, modeNone, macSHA384},
	"RC4_40_MD5":               {encExport, modeStream, macMD5},
	"RC2_CBC_40_MD5":           {encExport, modeCBC, macMD5},
	"DES40_CBC_SHA":            {encExport, modeCBC, macSHA1},
	"DES_CBC_SHA":              {encDES, modeCBC, macSHA1},
	"3DES_EDE_CBC_SHA":         {enc3DES, modeCBC, macSHA1},
	"RC4_128_MD5":              {encRC4, modeStream, macMD5},
	"RC4_128_SHA":              {encRC4, modeStream, macSHA1},
	"IDEA_CBC_SHA":             {encIDEA, modeCBC, macSHA1},
	"SEED_CBC_SHA":             {encSEED, modeCBC, macSHA1},
	"CAMELLIA_128_CBC_SHA":     {encCamellia, modeCBC, macSHA1},
	"CAMELLIA_256_CBC_SHA":     {encCamellia, modeCBC, macSHA1},
	"CAMELLIA_128_CBC_SHA256":  {encCamellia, modeCBC, macSHA256},
	"CAMELLIA_256_CBC_SHA256":  {encCamellia, modeCBC, macSHA256},
	"CAMELLIA_256_CBC_SHA384":  {encCamellia, modeCBC, macSHA384},
	"ARIA_128_GCM_SHA256":      {encARIA, modeGCM, macAEAD},
	"ARIA_256_GCM_SHA384":      {encARIA, modeGCM, macAEAD},
	"AES_128_CBC_SHA":          {encAES128, modeCBC, macSHA1},
	"AES_256_CBC_SHA":          {encAES256, modeCBC, macSHA1},
	"AES_128_CBC_SHA256":       {encAES128, modeCBC, macSHA256},
	"AES_256_CBC_SHA256":       {encAES256, modeCBC, macSHA256},
	"AES_256_CBC_SHA384":       {encAES256, modeCBC, macSHA384},
	"AES_128_GCM_SHA256":       {encAES128, modeGCM, macAEAD},
	"AES_256_GCM_SHA384":       {encAES256, modeGCM, macAEAD},
	"AES_128_CCM":              {encAES128, modeCCM, macAEAD},
	"AES_256_CCM":              {encAES256, modeCCM, macAEAD},
	"AES_128_CCM_SHA256":       {encAES128, modeCCM, macAEAD},
	"AES_128_CCM_8":            {encAES128, modeCCM8, macAEAD},
	"AES_256_CCM_8":            {encAES256, modeCCM8, macAEAD},
	"AES_128_CCM_8_SHA256":     {encAES128, modeCCM8, macAEAD},
	"CHACHA20_POLY1305_SHA256": {encChaCha20, modePoly1305, macAEAD},
}

// parse takes IANA's name of a suite apart.
func parse(iana string) (suite, bool) {
	before, after, older := strings.Cut(iana, "_WITH_")
	if !older {
		before, after = "TLS", strings.TrimPrefix(iana, "TLS_")
	}
	h, known := handshakes[before]
	p, protects := protections[after]
	return suite{h, p}, known && protects
}
