// Package follow yields the bytes of logs and knows nothing of what is in them.
//
// [Open] reads one log from its beginning to its end, whether it is plain or compressed. A [Follower] reads a log that
// is still being written, for as long as it is wanted, and through every rotation of it.
//
// # Generations
//
// A log is a path; what is written to it are generations, one file after the other. A Follower holds a descriptor of
// its own on each generation until it has read all of it, so that a file that was renamed, or even deleted, is still
// read to its end. It never trusts a name: a generation is known by its device and inode number and by the first KiB of
// its content, because inode numbers are used again and names move on.
//
// The generations wait in a queue, oldest first, and only the first of them is read, so that lines come in the order in
// which they were written. The next one has its turn when it has content, which says that the writer moved on, and when
// the grace time has passed, in which other writers may still hold the old file. A log of which two or more generations
// were rotated away between two looks leaves the ones in between as siblings (mail.log.1, mail.log-20261122.gz and the
// like): they are found by name, put in order, and read too. A log that was truncated after it was copied (copytruncate)
// leaves the lines that were not yet read in the copy: it is found by its content.
//
// # The part of nxadm/tail
//
// Whatever is in a file already is read in large blocks. At the end of the file github.com/nxadm/tail waits for the
// lines to come. It is not trusted with rotation: it closes a renamed file without reading it to its end. It follows
// one generation, through our descriptor rather than through the path where the system has a /proc, and each of its
// lines is taken only if it begins where the last one ended and if the file has not been truncated since.
package follow
