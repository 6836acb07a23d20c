"""What a bundle says about itself, to somebody who has nothing else."""

from typing import Final

README: Final = """\
# A case, and how to check it without us

This bundle holds every record of one case, in the bytes in which our logs hold them, and what is
needed to check that they are unchanged, that none was left out, and that the decision follows from
them. Nothing in here has to be believed, and nothing in here says whom to believe: bring your own
policy (C2SP tlog-policy) with the public keys of our logs and of the witnesses that you trust.

| file | what it is |
|---|---|
| `records/<log>/<position>.json` | a record: the exact bytes that are hashed |
| `proofs/<log>/<position>.tlog-proof` | that it is in the log: C2SP tlog-proof@v1 |
| `checkpoints/<log>/<size>.note` | what the log signed and witnesses cosigned: C2SP tlog-checkpoint |
| `consistency/<log>/<size>.growth` | that the log grew from that size: body of C2SP add-checkpoint |
| `heads/<log>.heads` | that these are all records of the case in that log |
| `schemas/`, `criteria/` | what the records mean, and by which criteria and constants was decided |
| `disclosed.json` | texts that the records only commit to, with their salts |
| `manifest.json` | size and SHA-256 of every other file |

## With our program

    sigill-verify bundle THIS-BUNDLE --policy YOUR-POLICY [--saved A-CHECKPOINT-YOU-KEPT]

It is small, works offline, and needs Python and its package `cryptography`. It ends with 0 when all
is well, 1 when something was changed or left out, 2 when the form is wrong, 3 when no key that you
trust signed, or too few witnesses did.

## With the programs of others

1. Files: `jq -r '.files | to_entries[] | "\\(.value.sha256)  \\(.key)"' manifest.json | sha256sum -c`.
   This finds accidents. Whoever changes a file on purpose changes the manifest too; go on.
2. Checkpoints are signed notes: Go `golang.org/x/mod/sumdb/note` opens them; cosignatures are those
   of C2SP tlog-cosignature: Go `filippo.io/torchwood`.
3. Records: the leaf hash is SHA-256 over a zero byte and the bytes of the file. `torchwood` checks a
   `.tlog-proof` with that hash and a policy that names this one log (it asks every log of a policy
   to have signed); so does any verifier of RFC 6962 inclusion proofs.
   The leaf's index is the position less one.
4. All records: the checkpoint's line `asf-heads-v1` gives count and root of an RFC 6962 tree of heads.
   A `.heads` file shows the heads of the case and one neighbour on either side, each with its
   inclusion proof: nothing can stand between. The specification is our docs/ledger.md.
5. From a checkpoint that you kept: a `.growth` file holds the RFC 6962 consistency proof.
6. A disclosed text: SHA-256 over `asf-sealed-v1`, the record's type and the field's name, each
   followed by a zero byte, then the 32 bytes of the salt and the text as a JSON string (RFC 8785) is
   what the record has in that field.
7. The decision: docs/bundle.md lists the rules, each by its code.

What this cannot show: what was never written to a log; what rests on records of other cases (a
person's ties, an appointment's areas); and a log that shows others something else, unless you or a
witness that you trust compare checkpoints.
"""
