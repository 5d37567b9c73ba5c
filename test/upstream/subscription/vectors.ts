/** What uWSGI 2.0.21 sent, captured on loopback: `--subscribe-to`, `--subscribe2`; and the public key of two of them. */

const address = "0700616464726573730e003132372e302e302e313a34393937";
const modifiers0 = "09006d6f6469666965723101003009006d6f6469666965723201003005";
const behind = "00636f72657301003204006c6f616401003006007765696768740100";

/** `--subscribe-to 127.0.0.1:4999:plain.example`, two processes, weight not set. */
export const plain = `e067000003006b65790d00706c61696e2e6578616d706c65${address}${modifiers0}${behind}30`;

/** The same, unsubscribed at the end. */
export const unsubscribed = plain.replace("e0670000", "e0670001").replace(/30$/, "33");

/** `--subscribe2 server=127.0.0.1:4999,key=two.example,weight=3,backup=1,modifier1=7,modifier2=2,addr=127.0.0.1:3031,proto=http,algo=lrc,sni_key=/k,sni_crt=/c,sni_ca=/a` */
export const advanced =
  "e08b000003006b65790b0074776f2e6578616d706c650700616464726573730e003132372e302e302e313a33303331" +
  "09006d6f6469666965723101003709006d6f646966696572320100320500636f72657301003204006c6f616401003006007765696768740100" +
  "330700736e695f6b657902002f6b0700736e695f63727402002f630600736e695f636102002f61";

/** `--subscribe-to /run/named.sock=127.0.0.1:4999:named.example` */
export const named =
  "e068000003006b65790d006e616d65642e6578616d706c650700616464726573730f002f72756e2f6e616d65642e736f636b" +
  `${modifiers0}${behind}30`;

/** `--subscribe-to 127.0.0.1:4999:signed.example,0,SHA1:key.pem` */
export const signed =
  `e082010003006b65790e007369676e65642e6578616d706c65${address}${modifiers0}${behind}30` +
  "0400756e69780a003137393539333833343204007369676e000134465544eb90082655f695cb6bf7c382196cae21ab6a4d95a61e76853febf660" +
  "58babaf04c3dcc24bd4fae76126ba8ba6ed8fa6cf96c8d0b03ec2881a576816df86b33fe78020a668012a0882e88cb88335822168de0edf7984" +
  "7e1529403c6c8e4085d8f9aa78889a2a90d7ac38cbdb101adbd654c51c04aca4bc4c4b8466fe75aecbcb9196a46a4c43764e08caeb43b31b767" +
  "b68d67dc4483ba7caf661e8c2aca9980eaf2a1ae3077f5c8d3624ed12b1170c87829bf0952023eb1315e6f6749c5ac790cbd061433b9b70a5c5" +
  "5cad94cefc17bb14d976d38cafdfb7aabf36bde7c5cda38b0e77ca245b66a0f515d43a5a94226e64143f4c6d89c14a4f8156ef9";

/** Of the key that has signed it. */
export const publicKey = `-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAx6xRiH/QfvyJvwVzvRDF
D1aL1E6act6QhsRO+H03KL5fFe47SS0zbuiMkbjrrlcjP/r5aTwPSme/klS3l3vJ
/MiR/GK6GrWuKJth9BRu03gZPSZBt+TSJIM3oD101Qh7MLCIJgHRthERh1RvChDJ
g0mkduh412Q7RL29uNl/Cl9FvEDO2HxWMU/BaWLdi1sT4m+pzOCWfWo9zfl5W+qw
3HFBQBNop6NdvTciJ+92Z/5SXcXxq9uNQgBdgsP6vrlSoUbl/qhS8yQ0kicibOGB
qSH2siGQCyrQsXDGbabfHg0dtxd902o5gG5QB1Sij9ehwBoZEcwHeqDBU4k4zxv/
zwIDAQAB
-----END PUBLIC KEY-----
`;

/** The bytes of a vector. */
export function bytesOf(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, "hex"));
}
