// A harness: calls a parser and answers `tlib fuzz run`.
//
//	go build harness.go
//	tlib fuzz run --target ./harness
//
// The standard input has frames, each after its length (4 bytes, big-endian). For each frame, write one line
// to the standard output, in the same order: "accept", "accept JSON", "reject", "reject CODE" or "skip".
// Print nothing else there; the standard error is free.
package main

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"os"
)

// parse is where the call of your parser goes. It gives one line of JSON, or "", and for a frame that is
// refused an error code, or " ".
func parse(frame []byte) (json string, refused string) {
	wrong := []string{"bad-magic", "bad-magic", "bad-version", "bad-flags"}
	for at, right := range []byte{'T', 'L', 1, 0} {
		if at < len(frame) && frame[at] != right {
			return "", wrong[at]
		}
	}
	if len(frame) < 10 {
		return "", "truncated-header"
	}
	length := uint64(binary.BigEndian.Uint32(frame[6:]))
	switch {
	case length > 16<<20:
		return "", "frame-too-long"
	case uint64(len(frame)) < 10+length:
		return "", "truncated-frame"
	case uint64(len(frame)) > 10+length:
		return "", "trailing-bytes"
	}
	return "", ""
}

func main() {
	source := bufio.NewReader(os.Stdin)
	answers := bufio.NewWriter(os.Stdout)
	for {
		var size uint32
		if err := binary.Read(source, binary.BigEndian, &size); err == io.EOF {
			return
		} else if err != nil {
			panic(err)
		}
		frame := make([]byte, size)
		if _, err := io.ReadFull(source, frame); err != nil {
			panic(err)
		}
		if json, refused := parse(frame); refused != "" {
			fmt.Fprintln(answers, "reject", refused)
		} else if json != "" {
			fmt.Fprintln(answers, "accept", json)
		} else {
			fmt.Fprintln(answers, "accept")
		}
		answers.Flush()
	}
}
