/**
 * Whether a text is an IP address or a CIDR range of them. By URL's own parser of hosts, for lib has no
 * sockets: it knows IPv6 in every spelling, and for IPv4 the pattern leaves it nothing but four numbers.
 */
export function isAddressRange(text: string): boolean {
  const [address = '', prefix, ...more] = text.split('/');
  const isFour = /^\d{1,3}(\.\d{1,3}){3}$/.test(address) && URL.canParse(`http://${address}`);
  const isSix = /^[0-9a-f:.]+$/i.test(address) && URL.canParse(`http://[${address}]`);
  if (more.length > 0 || (!isFour && !isSix)) return false;
  return (
    prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (isFour ? 32 : 128))
  );
}
