/** The segment codec of tcp-userspace (RFC 9293 §3.1), beside the other codecs. */
export { Segment } from 'tcp-userspace'
