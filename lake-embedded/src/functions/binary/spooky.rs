//! SpookyHash V2 (Bob Jenkins, 2012, in the public domain), seeded with zeros.

const FILLER: u64 = 0xdead_beef_dead_beef;

/// Bytes below which the short form is used, which has four words of state instead of twelve.
const LONG: usize = 192;
const WORDS: usize = 12;
const BLOCK: usize = 8 * WORDS;

/// The first 64 bits of the hash.
pub(super) fn hash(bytes: &[u8]) -> u64 {
    if bytes.len() < LONG { short(bytes) } else { long(bytes) }
}

/// The word at a place, lowest byte first; what is missing is zero.
fn word(bytes: &[u8], at: usize) -> u64 {
    let mut word = [0; 8];
    let rest = &bytes[at.min(bytes.len())..];
    let length = rest.len().min(8);
    word[..length].copy_from_slice(&rest[..length]);
    u64::from_le_bytes(word)
}

fn short(bytes: &[u8]) -> u64 {
    let mut state = [0, 0, FILLER, FILLER];
    let mut rest = bytes;
    while rest.len() >= 32 {
        state[2] = state[2].wrapping_add(word(rest, 0));
        state[3] = state[3].wrapping_add(word(rest, 8));
        short_mix(&mut state);
        state[0] = state[0].wrapping_add(word(rest, 16));
        state[1] = state[1].wrapping_add(word(rest, 24));
        rest = &rest[32..];
    }
    if rest.len() >= 16 {
        state[2] = state[2].wrapping_add(word(rest, 0));
        state[3] = state[3].wrapping_add(word(rest, 8));
        short_mix(&mut state);
        rest = &rest[16..];
    }
    let (c, d) = if rest.is_empty() { (FILLER, FILLER) } else { (word(rest, 0), word(rest, 8)) };
    state[2] = state[2].wrapping_add(c);
    state[3] = state[3].wrapping_add((bytes.len() as u64) << 56).wrapping_add(d);
    short_end(&mut state);
    state[0]
}

fn short_mix(s: &mut [u64; 4]) {
    const TURNS: [u32; 12] = [50, 52, 30, 41, 54, 48, 38, 37, 62, 34, 5, 36];
    for (step, turn) in TURNS.into_iter().enumerate() {
        let [turned, next, mixed] = [2, 3, 0].map(|first| (first + step) % 4);
        s[turned] = s[turned].rotate_left(turn).wrapping_add(s[next]);
        s[mixed] ^= s[turned];
    }
}

fn short_end(s: &mut [u64; 4]) {
    const TURNS: [u32; 11] = [15, 52, 26, 51, 28, 9, 47, 54, 32, 25, 63];
    for (step, turn) in TURNS.into_iter().enumerate() {
        let [mixed, turned] = [3, 2].map(|first| (first + step) % 4);
        s[mixed] ^= s[turned];
        s[turned] = s[turned].rotate_left(turn);
        s[mixed] = s[mixed].wrapping_add(s[turned]);
    }
}

fn long(bytes: &[u8]) -> u64 {
    let mut state: [u64; WORDS] = std::array::from_fn(|at| if at % 3 == 2 { FILLER } else { 0 });
    let blocks = bytes.chunks_exact(BLOCK);
    let rest = blocks.remainder();
    for block in blocks {
        mix(&mut state, block);
    }
    let mut last = [0; BLOCK];
    last[..rest.len()].copy_from_slice(rest);
    last[BLOCK - 1] = rest.len() as u8;
    for (at, value) in state.iter_mut().enumerate() {
        *value = value.wrapping_add(word(&last, 8 * at));
    }
    (0..3).for_each(|_| end(&mut state));
    state[0]
}

fn mix(s: &mut [u64; WORDS], block: &[u8]) {
    const TURNS: [u32; WORDS] = [11, 32, 43, 31, 17, 28, 39, 57, 55, 54, 22, 46];
    for (at, turn) in TURNS.into_iter().enumerate() {
        let [next, second, before_last, last] = [1, 2, 10, 11].map(|step| (at + step) % WORDS);
        s[at] = s[at].wrapping_add(word(block, 8 * at));
        s[second] ^= s[before_last];
        s[last] ^= s[at];
        s[at] = s[at].rotate_left(turn);
        s[last] = s[last].wrapping_add(s[next]);
    }
}

fn end(s: &mut [u64; WORDS]) {
    const TURNS: [u32; WORDS] = [44, 15, 34, 21, 38, 33, 10, 13, 38, 53, 42, 54];
    for (at, turn) in TURNS.into_iter().enumerate() {
        let [next, second, last] = [1, 2, 11].map(|step| (at + step) % WORDS);
        s[last] = s[last].wrapping_add(s[next]);
        s[second] ^= s[last];
        s[next] = s[next].rotate_left(turn);
    }
}
