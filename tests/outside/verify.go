// A stranger's check of the public log with the Go checksum database's own packages.
//
//	verify [-since CHECKPOINT] [-each=false] RELEASE
//
// Nothing here is ours but the names of the files: signatures are checked by sumdb/note, hashes,
// tiles and proofs by sumdb/tlog. Exit status 0 only if all of it holds.
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8 // of a tile: 256 hashes wide

func main() {
	since := flag.String("since", "", "an older checkpoint that must be contained")
	each := flag.Bool("each", true, "prove the inclusion of every single entry")
	flag.Parse()
	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "usage: verify [-since CHECKPOINT] RELEASE")
		os.Exit(2)
	}
	if err := verify(filepath.Join(flag.Arg(0), "log"), *since, *each); err != nil {
		fmt.Fprintln(os.Stderr, "FAIL:", err)
		os.Exit(1)
	}
}

func verify(log, since string, each bool) error {
	begun := time.Now()
	keys, err := keysOf(log)
	if err != nil {
		return err
	}
	head, err := headOf(filepath.Join(log, "checkpoint"), keys)
	if err != nil {
		return err
	}
	say(begun, "signature of %d entries by one of %d keys", head.N, len(keys))

	hashes, err := hashesOf(log, head.N)
	if err != nil {
		return err
	}
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		found := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			found[i] = hashes[index]
		}
		return found, nil
	})
	root, err := tlog.TreeHash(head.N, reader)
	if err != nil {
		return err
	}
	if root != head.Hash {
		return fmt.Errorf("the entries lead to %v, signed is %v", root, head.Hash)
	}
	say(begun, "root from the entries")

	tiles := tilesOf(head.N)
	for _, tile := range tiles {
		wanted, err := tlog.ReadTileData(tile, reader)
		if err != nil {
			return err
		}
		data, err := os.ReadFile(filepath.Join(log, pathOf(tile)))
		if err != nil {
			return err
		}
		if !bytes.Equal(data, wanted) {
			return fmt.Errorf("%s has other hashes than the entries", pathOf(tile))
		}
	}
	say(begun, "%d tiles", len(tiles))

	if each {
		if err := proveEach(head, hashes, reader); err != nil {
			return err
		}
		say(begun, "%d proofs of inclusion", head.N)
	}
	if since != "" {
		older, err := headOf(since, keys)
		if err != nil {
			return err
		}
		proof, err := tlog.ProveTree(head.N, older.N, reader)
		if err != nil {
			return err
		}
		if err := tlog.CheckTree(proof, head.N, head.Hash, older.N, older.Hash); err != nil {
			return fmt.Errorf("the older checkpoint is not contained: %w", err)
		}
		say(begun, "the first %d entries are those of the older checkpoint", older.N)
	}
	fmt.Println("ok: the log is what was signed")
	return nil
}

// tilesOf are the tiles of a finished tree. NewTiles also names every narrower state of the last
// tile of a level, which a log need not keep.
func tilesOf(size int64) []tlog.Tile {
	var tiles []tlog.Tile
	for _, tile := range tlog.NewTiles(height, 0, size) {
		if last := len(tiles) - 1; last >= 0 && tiles[last].L == tile.L && tiles[last].N == tile.N {
			tiles[last] = tile
		} else {
			tiles = append(tiles, tile)
		}
	}
	return tiles
}

func say(begun time.Time, format string, args ...any) {
	fmt.Printf("%6.1f s  %s\n", time.Since(begun).Seconds(), fmt.Sprintf(format, args...))
}

// keysOf reads the log's keys; in Go's hands each must be a well-formed verifier key.
func keysOf(log string) ([]note.Verifier, error) {
	data, err := os.ReadFile(filepath.Join(log, "keys.json"))
	if err != nil {
		return nil, err
	}
	var listed struct{ Keys []struct{ Vkey string } }
	if err := json.Unmarshal(data, &listed); err != nil {
		return nil, err
	}
	var keys []note.Verifier
	for _, key := range listed.Keys {
		verifier, err := note.NewVerifier(key.Vkey)
		if err != nil {
			return nil, err
		}
		keys = append(keys, verifier)
	}
	return keys, nil
}

func headOf(path string, keys []note.Verifier) (tlog.Tree, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return tlog.Tree{}, err
	}
	opened, err := note.Open(data, note.VerifierList(keys...))
	if err != nil {
		return tlog.Tree{}, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) < 4 || lines[0] != keys[0].Name() {
		return tlog.Tree{}, errors.New("no head of this log")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return tlog.Tree{}, err
	}
	raw, err := base64.StdEncoding.DecodeString(lines[2])
	if err != nil || len(raw) != tlog.HashSize {
		return tlog.Tree{}, errors.New("no root")
	}
	head := tlog.Tree{N: size}
	copy(head.Hash[:], raw)
	return head, nil
}

// hashesOf reads every bundle and returns all stored hashes of the tree over its entries.
func hashesOf(log string, size int64) ([]tlog.Hash, error) {
	var hashes []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		found := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			found[i] = hashes[index]
		}
		return found, nil
	})
	n := int64(0)
	for bundle := int64(0); n < size; bundle++ {
		width := min(size-n, 1<<height)
		tile := tlog.Tile{H: height, L: 0, N: bundle, W: int(width)}
		path := strings.Replace(pathOf(tile), "tile/0/", "tile/entries/", 1)
		data, err := os.ReadFile(filepath.Join(log, path))
		if err != nil {
			return nil, err
		}
		for ; width > 0; width-- {
			if len(data) < 2 {
				return nil, fmt.Errorf("%s is torn", path)
			}
			length := int(binary.BigEndian.Uint16(data))
			if len(data) < 2+length {
				return nil, fmt.Errorf("%s is torn", path)
			}
			stored, err := tlog.StoredHashes(n, data[2:2+length], reader)
			if err != nil {
				return nil, err
			}
			hashes = append(hashes, stored...)
			data, n = data[2+length:], n+1
		}
		if len(data) != 0 {
			return nil, fmt.Errorf("%s holds more than its entries", path)
		}
	}
	return hashes, nil
}

func proveEach(head tlog.Tree, hashes []tlog.Hash, reader tlog.HashReader) error {
	for n := int64(0); n < head.N; n++ {
		proof, err := tlog.ProveRecord(head.N, n, reader)
		if err != nil {
			return err
		}
		leaf := hashes[tlog.StoredHashIndex(0, n)]
		if err := tlog.CheckRecord(proof, head.N, head.Hash, n, leaf); err != nil {
			return fmt.Errorf("entry %d: %w", n+1, err)
		}
	}
	return nil
}

// pathOf names a tile as C2SP tlog-tiles does: the checksum database's path without its height.
func pathOf(tile tlog.Tile) string {
	return strings.Replace(tile.Path(), fmt.Sprintf("tile/%d/", tile.H), "tile/", 1)
}

func min(a, b int64) int64 {
	if a < b {
		return a
	}
	return b
}
