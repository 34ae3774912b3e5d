// Package grade judges the TLS version and the cipher of a connection, as Postfix logs them, by published guidelines.
//
// A guideline's text is turned into a short list of rules about the parts of a cipher suite, with the clause beside each rule.
// What is a reading of this package, and not the letter of a guideline, is said there.
//
// All of these guidelines are about TLS in general. On port 25 a peer that is refused may fall back to plaintext, which is
// worse than any of the grades: see RFC 9325, section 5.2. A grade is a reason to look at a peer, not yet one to refuse it.
//
// Certificates, signatures, groups of the key exchange and encrypt-then-MAC are beyond a protocol and a cipher, and are not judged.
package grade
