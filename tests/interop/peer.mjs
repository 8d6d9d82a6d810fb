// The other side of tests/interop/test_bbs_peer.py: does with npm's @digitalbazaar/bbs-signatures what it is asked.
// Reads a JSON list of tasks from standard input, writes a JSON list of answers. Octet strings are hex.
// A task is {"do": name, "suite": name, ...}; an answer is {"value": hex or boolean} or {"refused": reason}.

import * as bbs from '@digitalbazaar/bbs-signatures';

const octets = hex => Uint8Array.from(Buffer.from(hex, 'hex'));
const hex = bytes => Buffer.from(bytes).toString('hex');

const DO = {
  async keys({ciphersuite, seed}) {
    const {secretKey, publicKey} = await bbs.generateKeyPair({seed: octets(seed), ciphersuite});
    return hex(secretKey) + hex(publicKey);
  },
  async sign({ciphersuite, secret_key, public_key, header, messages}) {
    return hex(await bbs.sign({
      ciphersuite, secretKey: octets(secret_key), publicKey: octets(public_key), header: octets(header),
      messages: messages.map(octets)
    }));
  },
  async verify({ciphersuite, public_key, signature, header, messages}) {
    return bbs.verifySignature({
      ciphersuite, publicKey: octets(public_key), signature: octets(signature), header: octets(header),
      messages: messages.map(octets)
    });
  },
  async prove({ciphersuite, public_key, signature, header, presentation_header, messages, disclosed_indexes}) {
    return hex(await bbs.deriveProof({
      ciphersuite, publicKey: octets(public_key), signature: octets(signature), header: octets(header),
      presentationHeader: octets(presentation_header), messages: messages.map(octets),
      disclosedMessageIndexes: disclosed_indexes
    }));
  },
  async check({
    ciphersuite, public_key, proof, header, presentation_header, disclosed_messages, disclosed_indexes
  }) {
    return bbs.verifyProof({
      ciphersuite, publicKey: octets(public_key), proof: octets(proof), header: octets(header),
      presentationHeader: octets(presentation_header), disclosedMessages: disclosed_messages.map(octets),
      disclosedMessageIndexes: disclosed_indexes
    });
  }
};

async function answer({do: name, suite, ...rest}) {
  try {
    return {value: await DO[name]({ciphersuite: suite, ...rest})};
  } catch(error) {
    return {refused: String(error.message)};
  }
}

const chunks = [];
for await (const chunk of process.stdin) {
  chunks.push(chunk);
}
const answers = [];
for(const task of JSON.parse(Buffer.concat(chunks).toString())) {
  answers.push(await answer(task));
}
process.stdout.write(JSON.stringify(answers));
