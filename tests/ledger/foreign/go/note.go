package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"errors"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// open returns the text of the note in data and who of keys signed it.
func open(q question) (answer, error) {
	known, err := verifiers(q.Keys)
	if err != nil {
		return nil, err
	}
	opened, err := note.Open(q.Data, known)
	if err != nil {
		return nil, err
	}
	names := []string{}
	for _, signature := range opened.Sigs {
		names = append(names, signature.Name)
	}
	return answer{"text": opened.Text, "names": names, "unknown": len(opened.UnverifiedSigs)}, nil
}

// sign signs text with a fresh key of that name.
func sign(q question) (answer, error) {
	secret, public, err := note.GenerateKey(rand.Reader, q.Name)
	if err != nil {
		return nil, err
	}
	signer, err := note.NewSigner(secret)
	if err != nil {
		return nil, err
	}
	signed, err := note.Sign(&note.Note{Text: q.Text}, signer)
	if err != nil {
		return nil, err
	}
	return answer{"data": signed, "key": public}, nil
}

// cosign adds a witness's signature to the note in data, which keys have signed.
func cosign(q question) (answer, error) {
	if len(q.Seed) != ed25519.SeedSize {
		return nil, errors.New("not a seed")
	}
	signer, err := torchwood.NewCosignatureSigner(q.Name, ed25519.NewKeyFromSeed(q.Seed))
	if err != nil {
		return nil, err
	}
	known, err := verifiers(q.Keys)
	if err != nil {
		return nil, err
	}
	opened, err := note.Open(q.Data, known)
	if err != nil {
		return nil, err
	}
	signed, err := note.Sign(opened, signer)
	if err != nil {
		return nil, err
	}
	return answer{"data": signed, "key": signer.Verifier().String()}, nil
}

// checkpoint reads the text of a checkpoint, and writes it again.
func checkpoint(q question) (answer, error) {
	found, err := torchwood.ParseCheckpoint(q.Text)
	if err != nil {
		return nil, err
	}
	return answer{
		"origin": found.Origin, "size": found.N, "root": found.Hash[:],
		"extension": found.Extension, "text": found.String(),
	}, nil
}

// checkpointUnder opens the checkpoint in data under a policy.
func checkpointUnder(q question) (answer, error) {
	policy, err := torchwood.ParsePolicy([]byte(q.Policy))
	if err != nil {
		return nil, err
	}
	found, opened, err := torchwood.VerifyCheckpoint(q.Data, policy)
	if err != nil {
		return nil, err
	}
	return answer{"size": found.N, "root": found.Hash[:], "signatures": len(opened.Sigs)}, nil
}

// proof checks the tlog-proof file in data, for a leaf hash and under a policy.
func proof(q question) (answer, error) {
	policy, err := torchwood.ParsePolicy([]byte(q.Policy))
	if err != nil {
		return nil, err
	}
	leaf, err := hashes([][]byte{q.LeafHash})
	if err != nil {
		return nil, err
	}
	return nil, torchwood.VerifyProof(policy, leaf[0], q.Data)
}

// format writes the tlog-proof file of leaf index, with the signed checkpoint in data.
func format(q question) (answer, error) {
	stored, err := store(q.LeafHashes)
	if err != nil {
		return nil, err
	}
	found, err := tlog.ProveRecord(int64(len(q.LeafHashes)), q.Index, stored)
	if err != nil {
		return nil, err
	}
	return answer{"data": torchwood.FormatProof(q.Index, found, q.Data)}, nil
}

func verifiers(keys []string) (note.Verifiers, error) {
	var known []note.Verifier
	for _, key := range keys {
		verifier, err := note.NewVerifier(key)
		if err != nil {
			verifier, err = torchwood.NewCosignatureVerifier(key)
		}
		if err != nil {
			return nil, err
		}
		known = append(known, verifier)
	}
	return note.VerifierList(known...), nil
}
