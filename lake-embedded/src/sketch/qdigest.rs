//! Quantile digests: the distribution of integers as a binary tree over their bits, whose light leaves are folded into
//! their parents.
//!
//! Shrivastava et al., *Medians and Beyond: New Aggregation Techniques for Sensor Networks* (2004). A value's rank is off
//! by no more than the accuracy times the weight of all.

use super::{Input, malformed};
use crate::error::{Fault, Result};

const FORMAT: u8 = 0;
/// What weighs less counts as nothing.
const NOTHING: f64 = 1e-5;
const HAS_LEFT: u8 = 1;
const HAS_RIGHT: u8 = 2;

/// A quantile digest.
#[derive(Clone, Debug)]
pub(crate) struct QuantileDigest {
    /// How far ranks may be off, as a share of all.
    accuracy: f64,
    total: f64,
    least: i64,
    largest: i64,
    root: Tree,
}

type Tree = Option<Box<Node>>;

/// All values that agree but for the lowest `level` bits.
#[derive(Clone, Debug)]
struct Node {
    /// A value with its sign turned over, so that the order is that of its bits.
    bits: u64,
    level: u32,
    count: f64,
    left: Tree,
    right: Tree,
}

impl Node {
    fn leaf(bits: u64, count: f64) -> Box<Self> {
        Box::new(Self { bits, level: 0, count, left: None, right: None })
    }

    /// A parent of two nodes that have no values in common.
    fn over(first: Box<Node>, second: Box<Node>) -> Box<Self> {
        let (bits, level) = (first.bits, 64 - (first.bits ^ second.bits).leading_zeros());
        let mut parent = Box::new(Self { bits, level, count: 0.0, left: None, right: None });
        let goes_right = parent.goes_right(first.bits);
        let (left, right) = if goes_right { (second, first) } else { (first, second) };
        (parent.left, parent.right) = (Some(left), Some(right));
        parent
    }

    /// Which child a value belongs to.
    fn goes_right(&self, bits: u64) -> bool {
        self.level > 0 && bits >> (self.level - 1) & 1 == 1
    }

    fn child(&mut self, bits: u64) -> &mut Tree {
        if self.goes_right(bits) { &mut self.right } else { &mut self.left }
    }

    fn is_leaf(&self) -> bool {
        self.left.is_none() && self.right.is_none()
    }

    fn mask(&self) -> u64 {
        u64::MAX.checked_shr(64 - self.level).unwrap_or_default()
    }

    fn lowest(&self) -> i64 {
        value(self.bits & !self.mask())
    }

    fn highest(&self) -> i64 {
        value(self.bits | self.mask())
    }
}

/// The order of signed numbers as that of unsigned ones, and back.
fn ordered(value: i64) -> u64 {
    value.cast_unsigned() ^ (1 << 63)
}

fn value(bits: u64) -> i64 {
    (bits ^ (1 << 63)).cast_signed()
}

/// Whether two values agree above that many bits.
fn together(a: u64, b: u64, level: u32) -> bool {
    (a ^ b).checked_shr(level).unwrap_or_default() == 0
}

impl QuantileDigest {
    /// One of nothing.
    pub fn new(accuracy: f64) -> Self {
        Self { accuracy, total: 0.0, least: i64::MAX, largest: i64::MIN, root: None }
    }

    /// From its bytes: children stand before their parents.
    pub fn read(bytes: &[u8]) -> Result<Self> {
        let mut input = Input::new(bytes);
        if input.u8()? != FORMAT {
            return Err(malformed());
        }
        let accuracy = input.f64()?;
        // A factor of decay and its moment, which no function here uses.
        input.bytes(16)?;
        let (least, largest) = (input.i64()?, input.i64()?);
        let (mut stack, mut total): (Vec<Box<Node>>, f64) = (vec![], 0.0);
        for _ in 0..input.count(17)? {
            let shape = input.u8()?;
            let (count, bits) = (input.f64()?, input.u64()?);
            let right = if shape & HAS_RIGHT != 0 { Some(stack.pop().ok_or_else(malformed)?) } else { None };
            let left = if shape & HAS_LEFT != 0 { Some(stack.pop().ok_or_else(malformed)?) } else { None };
            // The level of a parent is written one too small; that of a folded leaf is, and stays so.
            let level = u32::from(shape >> 2) + u32::from(left.is_some() || right.is_some());
            // So that a tree is no deeper than there are bits.
            if [&left, &right].into_iter().flatten().any(|child| child.level >= level) {
                return Err(malformed());
            }
            total += count;
            stack.push(Box::new(Node { bits, level, count, left, right }));
        }
        match stack.len() {
            0 | 1 => Ok(Self { accuracy, total, least, largest, root: stack.pop() }),
            _ => Err(malformed()),
        }
    }

    /// Its bytes; first it is folded as far as it may be.
    pub fn bytes(&self) -> Vec<u8> {
        let mut folded = self.clone();
        folded.compress();
        let mut out = vec![FORMAT];
        out.extend([self.accuracy, 0.0].into_iter().flat_map(f64::to_le_bytes));
        out.extend([0, self.least, self.largest].into_iter().flat_map(i64::to_le_bytes));
        let (mut nodes, mut written) = (0_u32, vec![]);
        walk(&folded.root, false, &mut |node: &Node| {
            let flag = |child: &Tree, flag| if child.is_some() { flag } else { 0 };
            let shape = flag(&node.left, HAS_LEFT) | flag(&node.right, HAS_RIGHT);
            written.push((node.level.saturating_sub(1) as u8) << 2 | shape);
            written.extend(node.count.to_le_bytes());
            written.extend(node.bits.to_le_bytes());
            nodes += 1;
            true
        });
        out.extend(nodes.to_le_bytes());
        out.extend(written);
        out
    }

    /// Takes a value with a weight that is positive.
    pub fn add(&mut self, value: i64, weight: f64) {
        self.largest = self.largest.max(value);
        self.least = self.least.min(value);
        let before = self.total;
        if weight >= NOTHING {
            insert(&mut self.root, ordered(value), weight);
            self.total += weight;
        }
        let factor = self.factor();
        if before as i64 / factor != self.total as i64 / factor {
            self.compress();
        }
    }

    /// Takes what another one has seen.
    pub fn merge(&mut self, other: Self) {
        self.root = join(self.root.take(), other.root);
        self.total += other.total;
        self.largest = self.largest.max(other.largest);
        self.least = self.least.min(other.least);
        self.compress();
    }

    /// The value below which that share of all lies, not less than the exact one.
    pub fn value_at(&self, quantile: f64) -> Result<i64> {
        if !(0.0..=1.0).contains(&quantile) {
            return Err(Fault::data("quantile must be between [0,1]"));
        }
        let (mut sum, mut found) = (0.0, self.largest);
        walk(&self.root, false, &mut |node: &Node| {
            sum += node.count;
            let reached = sum > quantile * self.total;
            if reached {
                found = node.highest().min(self.largest);
            }
            !reached
        });
        Ok(found)
    }

    /// The share of all that lies below a value; None outside of the values that were seen.
    pub fn quantile_at(&self, value: i64) -> Option<f64> {
        let (mut least, mut largest) = (self.least, self.largest);
        walk(&self.root, false, &mut |node: &Node| {
            let counts = node.count >= NOTHING;
            if counts {
                least = least.max(node.lowest());
            }
            !counts
        });
        walk(&self.root, true, &mut |node: &Node| {
            let counts = node.count >= NOTHING;
            if counts {
                largest = largest.min(node.highest());
            }
            !counts
        });
        if self.total == 0.0 || value > largest || value < least {
            return None;
        }
        let mut below = 0.0;
        walk(&self.root, false, &mut |node: &Node| {
            let under = node.highest() < value;
            if under {
                below += node.count;
            }
            under
        });
        Some(below / self.total)
    }

    /// Bytes on the heap.
    pub fn size(&self) -> usize {
        let mut nodes = 0;
        walk(&self.root, false, &mut |_: &Node| {
            nodes += 1;
            true
        });
        nodes * size_of::<Node>()
    }

    /// How many parts the weight is divided into.
    fn factor(&self) -> i64 {
        self.root.as_ref().map_or(1, |root| (f64::from(root.level + 1) / self.accuracy) as i32).max(1).into()
    }

    fn compress(&mut self) {
        let bound = (self.total / self.factor() as f64).floor();
        fold(&mut self.root, bound);
        if self.root.as_ref().is_some_and(|root| root.count < NOTHING) {
            self.root = without(self.root.take());
        }
    }
}

/// Visits children before their parents, from the left or from the right, as long as the visitor says so.
fn walk(tree: &Tree, from_right: bool, visit: &mut impl FnMut(&Node) -> bool) -> bool {
    let Some(node) = tree else { return true };
    let (first, second) = if from_right { (&node.right, &node.left) } else { (&node.left, &node.right) };
    walk(first, from_right, visit) && walk(second, from_right, visit) && visit(node)
}

fn insert(tree: &mut Tree, bits: u64, count: f64) {
    match tree {
        None => *tree = Some(Node::leaf(bits, count)),
        Some(node) if !together(bits, node.bits, node.level) => {
            *tree = tree.take().map(|node| Node::over(node, Node::leaf(bits, count)));
        }
        Some(node) if node.level == 0 => node.count += count,
        Some(node) => insert(node.child(bits), bits, count),
    }
}

/// Folds children into parents that weigh too little together, from the bottom up.
fn fold(tree: &mut Tree, bound: f64) {
    let Some(node) = tree else { return };
    if node.is_leaf() {
        return;
    }
    fold(&mut node.left, bound);
    fold(&mut node.right, bound);
    let weight = |child: &Tree| child.as_ref().map_or(0.0, |child| child.count);
    let (left, right) = (weight(&node.left), weight(&node.right));
    let light = node.count + left + right < bound;
    if node.left.is_some() && (light || left < NOTHING) {
        node.left = without(node.left.take());
        node.count += left;
    }
    if node.right.is_some() && (light || right < NOTHING) {
        node.right = without(node.right.take());
        node.count += right;
    }
}

/// A tree without its top, or with an empty one if that holds two others.
fn without(tree: Tree) -> Tree {
    let mut node = tree?;
    match (node.left.take(), node.right.take()) {
        (None, None) => None,
        (Some(only), None) | (None, Some(only)) => Some(only),
        (left, right) => {
            (node.left, node.right, node.count) = (left, right, 0.0);
            Some(node)
        }
    }
}

/// Two trees as one.
fn join(one: Tree, other: Tree) -> Tree {
    let (mut one, mut other) = match (one, other) {
        (Some(one), Some(other)) => (one, other),
        (only, None) | (None, only) => return only,
    };
    if !together(one.bits, other.bits, one.level.max(other.level)) {
        return Some(Node::over(one, other));
    }
    match one.level.cmp(&other.level) {
        std::cmp::Ordering::Greater => {
            let child = one.child(other.bits);
            *child = join(child.take(), Some(other));
        }
        std::cmp::Ordering::Less => {
            let child = other.child(one.bits);
            *child = join(Some(one), child.take());
            return Some(other);
        }
        std::cmp::Ordering::Equal => {
            one.count += other.count;
            one.left = join(one.left, other.left);
            one.right = join(one.right, other.right);
        }
    }
    Some(one)
}
