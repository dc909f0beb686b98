/** Figures of the standards, keyed by the section that prints them; all bytes are hex unless said otherwise. */

const ab = (byte: string, count: number): string => byte.repeat(count);
const ascii = (text: string): string =>
  [...new TextEncoder().encode(text)].map((byte) => byte.toString(16).padStart(2, '0')).join('');

/** Scalar and u coordinate to u coordinate. */
export const x25519 = {
  'RFC 7748 §5.2, first': {
    scalar: 'a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4',
    u: 'e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c',
    output: 'c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552',
  },
  'RFC 7748 §5.2, second': {
    scalar: '4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d',
    u: 'e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493',
    output: '95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957',
  },
  'RFC 7748 §6.1, from Alice': {
    scalar: '77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a',
    u: 'de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f',
    output: '4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742',
  },
  'RFC 7748 §6.1, from Bob': {
    scalar: '5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb',
    u: '8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a',
    output: '4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742',
  },
};

/** Private to public key. */
export const x25519PublicKeys = {
  'RFC 7748 §6.1, Alice': {
    privateKey: '77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a',
    publicKey: '8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a',
  },
  'RFC 7748 §6.1, Bob': {
    privateKey: '5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb',
    publicKey: 'de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f',
  },
};

/** RFC 7748 §5.2: k after so many rounds of k, u := X25519(k, u), k, from k = u = 9. */
export const x25519Rounds: Readonly<Record<number, string>> = {
  1: '422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079',
  1000: '684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51',
};

export const ed25519 = {
  'RFC 8032 §7.1, TEST 1': {
    seed: '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    publicKey: 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    message: '',
    signature:
      'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
  },
  'RFC 8032 §7.1, TEST 2': {
    seed: '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
    publicKey: '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    message: '72',
    signature:
      '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  },
  'RFC 8032 §7.1, TEST 3': {
    seed: 'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
    publicKey: 'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
    message: 'af82',
    signature:
      '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
  },
  'RFC 8032 §7.1, TEST SHA(abc)': {
    seed: '833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42',
    publicKey: 'ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf',
    message:
      'ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f',
    signature:
      'dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704',
  },
};

export const hkdfSha256 = {
  'RFC 5869 §A.1': {
    inputKey: ab('0b', 22),
    salt: '000102030405060708090a0b0c',
    info: 'f0f1f2f3f4f5f6f7f8f9',
    output: '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865',
  },
  'RFC 5869 §A.2': {
    inputKey: counting(0x00, 80),
    salt: counting(0x60, 80),
    info: counting(0xb0, 80),
    output:
      'b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87',
  },
  'RFC 5869 §A.3': {
    inputKey: ab('0b', 22),
    salt: '',
    info: '',
    output: '8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8',
  },
};

/** The tag of §4.6 is printed cut to 128 bits. */
export const hmacSha256 = {
  'RFC 4231 §4.2': {
    key: ab('0b', 20),
    data: ascii('Hi There'),
    tag: 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7',
  },
  'RFC 4231 §4.3': {
    key: ascii('Jefe'),
    data: ascii('what do ya want for nothing?'),
    tag: '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
  },
  'RFC 4231 §4.4': {
    key: ab('aa', 20),
    data: ab('dd', 50),
    tag: '773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe',
  },
  'RFC 4231 §4.5': {
    key: counting(0x01, 25),
    data: ab('cd', 50),
    tag: '82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b',
  },
  'RFC 4231 §4.6': {
    key: ab('0c', 20),
    data: ascii('Test With Truncation'),
    tag: 'a3b6167473100ee06e0c796c2955552b',
  },
  'RFC 4231 §4.7': {
    key: ab('aa', 131),
    data: ascii('Test Using Larger Than Block-Size Key - Hash Key First'),
    tag: '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54',
  },
  'RFC 4231 §4.8': {
    key: ab('aa', 131),
    data: ascii(
      'This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed before being used by the HMAC algorithm.',
    ),
    tag: '9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2',
  },
};

export const sha256 = {
  'RFC 6234 §8.5, TEST1': {
    data: ascii('abc'),
    hash: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  },
};

export const sha512 = {
  'RFC 6234 §8.5, TEST1': {
    data: ascii('abc'),
    hash: 'ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f',
  },
  'RFC 6234 §8.5, TEST2': {
    data: ascii(
      'abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu',
    ),
    hash: '8e959b75dae313da8cf4f72814fc143f8f7779c6eb9f7fa17299aeadb6889018501d289e4900f7e4331b99dec4b5433ac7d329eeb6dd26545e96e55b874be909',
  },
};

export const pbkdf2Sha256 = {
  'RFC 7914 §11, 1 round': {
    password: ascii('passwd'),
    salt: ascii('salt'),
    iterations: 1,
    output:
      '55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783',
  },
  'RFC 6070’s second input, 2 rounds': {
    password: ascii('password'),
    salt: ascii('salt'),
    iterations: 2,
    output: 'ae4d0c95af6b46d32d0adff928f06dd02a303f8ef3c251dfd6e2d85a95474c43',
  },
};

/** One block. */
export const aesBlock = {
  'FIPS 197 §C.3, AES-256': {
    key: counting(0, 32),
    plaintext: '00112233445566778899aabbccddeeff',
    ciphertext: '8ea2b7ca516745bfeafc49904b496089',
  },
};

const CBC_PLAINTEXT =
  '6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710';

/** Without the block of padding, which the standard does not have. */
export const aesCbc = {
  'SP 800-38A §F.2.1, AES-128': {
    key: '2b7e151628aed2a6abf7158809cf4f3c',
    iv: counting(0, 16),
    plaintext: CBC_PLAINTEXT,
    ciphertext:
      '7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b273bed6b8e3c1743b7116e69e222295163ff1caa1681fac09120eca307586e1a7',
  },
  'SP 800-38A §F.2.5, AES-256': {
    key: '603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4',
    iv: counting(0, 16),
    plaintext: CBC_PLAINTEXT,
    ciphertext:
      'f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d39f23369a9d9bacfa530e26304231461b2eb05e2c39be9fcda6c19078c6a9d1b',
  },
};

export const aesGcm = {
  'GCM submission to NIST, test case 13': {
    key: ab('00', 32),
    nonce: ab('00', 12),
    plaintext: '',
    associatedData: '',
    sealed: '530f8afbc74536b9a963b4f1c4cb738b',
  },
  'GCM submission to NIST, test case 14': {
    key: ab('00', 32),
    nonce: ab('00', 12),
    plaintext: ab('00', 16),
    associatedData: '',
    sealed: 'cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919',
  },
};

export const chacha = {
  'RFC 8439 §2.8.2': {
    key: counting(0x80, 32),
    nonce: '070000004041424344454647',
    plaintext: ascii(
      "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.",
    ),
    associatedData: '50515253c0c1c2c3c4c5c6c7',
    sealed:
      'd31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc3ff4def08e4b7a9de576d26586cec64b61161ae10b594f09e26a7e902ecbd0600691',
  },
};

export const xchacha = {
  'draft-irtf-cfrg-xchacha-03 §A.3.1': {
    key: counting(0x80, 32),
    nonce: counting(0x40, 24),
    plaintext: chacha['RFC 8439 §2.8.2'].plaintext,
    associatedData: '50515253c0c1c2c3c4c5c6c7',
    sealed:
      'bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b4522f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff921f9664c97637da9768812f615c68b13b52ec0875924c1c7987947deafd8780acf49',
  },
};

export const hchacha = {
  'draft-irtf-cfrg-xchacha-03 §2.2.1': {
    key: counting(0x00, 32),
    nonce: '000000090000004a0000000031415927',
    subkey: '82413b4227b27bfed30e42508a877d73a0f9e4d58a74a853c12ec41326d3ecdc',
  },
};

/** Bytes that count up by one. */
function counting(first: number, count: number): string {
  return Array.from({ length: count }, (_, i) => (first + i).toString(16).padStart(2, '0')).join('');
}

export const aesCtr = {
  'SP 800-38A §F.5.5, AES-256': {
    key: '603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4',
    counter: 'f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff',
    plaintext: CBC_PLAINTEXT,
    ciphertext:
      '601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84e990cacaf5c52b0930daa23de94ce87017ba2d84988ddfc9c58db67aada613c2dd08457941a6',
  },
};
