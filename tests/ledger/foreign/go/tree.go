package main

import (
	"errors"
	"fmt"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/tlog"
)

// build returns the root and the tiles to publish, of a tree that grew from old to all leaf hashes.
func build(q question) (answer, error) {
	stored, err := store(q.LeafHashes)
	if err != nil {
		return nil, err
	}
	size := int64(len(q.LeafHashes))
	root, err := tlog.TreeHash(size, stored)
	if err != nil {
		return nil, err
	}
	tiles := map[string][]byte{}
	for _, tile := range tlog.NewTiles(torchwood.TileHeight, q.Old, size) {
		data, err := tlog.ReadTileData(tile, stored)
		if err != nil {
			return nil, err
		}
		tiles[torchwood.TilePath(tile)] = data
	}
	return answer{"root": root[:], "tiles": tiles}, nil
}

// included checks an inclusion proof.
func included(q question) (answer, error) {
	proof, err := hashes(q.Proof)
	if err != nil {
		return nil, err
	}
	ends, err := hashes([][]byte{q.Root, q.LeafHash})
	if err != nil {
		return nil, err
	}
	return nil, tlog.CheckRecord(proof, q.Size, ends[0], q.Index, ends[1])
}

// grown checks a consistency proof.
func grown(q question) (answer, error) {
	proof, err := hashes(q.Proof)
	if err != nil {
		return nil, err
	}
	ends, err := hashes([][]byte{q.Root, q.OldRoot})
	if err != nil {
		return nil, err
	}
	return nil, tlog.CheckTree(proof, q.Size, ends[0], q.Old, ends[1])
}

// prove makes the proofs of leaf index, and of growth from old.
func prove(q question) (answer, error) {
	stored, err := store(q.LeafHashes)
	if err != nil {
		return nil, err
	}
	size := int64(len(q.LeafHashes))
	record, err := tlog.ProveRecord(size, q.Index, stored)
	if err != nil {
		return nil, err
	}
	tree, err := tlog.ProveTree(size, q.Old, stored)
	if err != nil {
		return nil, err
	}
	return answer{"inclusion": bytesOf(record), "consistency": bytesOf(tree)}, nil
}

// read authenticates tiles against the root, reads leaf index from them, and proves it.
func read(q question) (answer, error) {
	root, err := hashes([][]byte{q.Root})
	if err != nil {
		return nil, err
	}
	tree := tlog.Tree{N: q.Size, Hash: root[0]}
	reader := tlog.TileHashReader(tree, tilesGiven(q.Tiles))
	leaf, err := reader.ReadHashes([]int64{tlog.StoredHashIndex(0, q.Index)})
	if err != nil {
		return nil, err
	}
	proof, err := tlog.ProveRecord(q.Size, q.Index, reader)
	if err != nil {
		return nil, err
	}
	return answer{"leaf_hash": leaf[0][:], "inclusion": bytesOf(proof)}, nil
}

// path reads a path, and writes it again.
func path(q question) (answer, error) {
	tile, err := torchwood.ParseTilePath(q.Path)
	if err != nil {
		return nil, err
	}
	return answer{"level": tile.L, "index": tile.N, "width": tile.W, "path": torchwood.TilePath(tile)}, nil
}

// entries writes a bundle of entries, and reads the one in data.
func entries(q question) (answer, error) {
	var bundle []byte
	var err error
	for _, entry := range q.Entries {
		if bundle, err = torchwood.AppendTileEntry(bundle, entry); err != nil {
			return nil, err
		}
	}
	found := [][]byte{}
	for rest := q.Data; len(rest) > 0; {
		var entry []byte
		if entry, rest, err = torchwood.ReadTileEntry(rest); err != nil {
			return nil, err
		}
		found = append(found, entry)
	}
	return answer{"data": bundle, "entries": found}, nil
}

// storedHashes are all hashes of a tree, in the library's order.
type storedHashes []tlog.Hash

func (s storedHashes) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	found := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		if index >= int64(len(s)) {
			return nil, errors.New("no such hash")
		}
		found[i] = s[index]
	}
	return found, nil
}

func store(leafHashes [][]byte) (storedHashes, error) {
	leaves, err := hashes(leafHashes)
	if err != nil {
		return nil, err
	}
	var stored storedHashes
	for n, leaf := range leaves {
		more, err := tlog.StoredHashesForRecordHash(int64(n), leaf, stored)
		if err != nil {
			return nil, err
		}
		stored = append(stored, more...)
	}
	return stored, nil
}

// tilesGiven reads tiles by the path under which they were given.
type tilesGiven map[string][]byte

func (t tilesGiven) Height() int { return torchwood.TileHeight }

func (t tilesGiven) SaveTiles([]tlog.Tile, [][]byte) {}

func (t tilesGiven) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	data := make([][]byte, len(tiles))
	for i, tile := range tiles {
		found, given := t[torchwood.TilePath(tile)]
		if !given {
			return nil, fmt.Errorf("%s was not given", torchwood.TilePath(tile))
		}
		data[i] = found
	}
	return data, nil
}

func hashes(data [][]byte) ([]tlog.Hash, error) {
	found := make([]tlog.Hash, len(data))
	for i, each := range data {
		if len(each) != tlog.HashSize {
			return nil, errors.New("not a hash")
		}
		found[i] = tlog.Hash(each)
	}
	return found, nil
}

func bytesOf(found []tlog.Hash) [][]byte {
	data := make([][]byte, len(found))
	for i := range found {
		data[i] = found[i][:]
	}
	return data
}
