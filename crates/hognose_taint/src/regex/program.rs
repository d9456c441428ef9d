//! A pattern compiled for [`super::machine`], in the shape that `CPython`'s `sre` gives it.

use super::pattern::{Assertion, Greed, Node, NodeId, Pattern, SetId, UNBOUNDED};

/// An instruction. Places are indices into the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Instruction {
    Set(SetId),
    /// A class over and over, tried without a stack entry for each turn.
    RepeatSet {
        set: SetId,
        min: u32,
        max: u32,
        greed: Greed,
    },
    /// The first place, and the second if that fails.
    Split(u32, u32),
    Jump(u32),
    /// Notes the place in a slot.
    Save(u32),
    Assert(Assertion),
    /// Begins a repetition; its loop is at the place.
    RepeatBegin(u32, u32),
    /// After a turn, and before the first.
    RepeatTurn {
        counter: u32,
        body: u32,
        min: u32,
        max: u32,
        lazy: bool,
    },
    /// Notes how much could be tried otherwise.
    CutBegin(u32),
    /// Forgets what could be tried otherwise since then.
    CutEnd(u32),
    /// Goes back so many characters.
    Back(u32),
    /// Begins looking; on failure of a negative one, goes on at the place.
    LookBegin(u32, Option<u32>),
    /// Found what was looked for: goes back to where looking began.
    LookEnd(u32),
    /// Found what must not be there.
    LookFail(u32),
    Backreference(u32),
    /// Goes on at the place unless the group has matched.
    UnlessGroup(u32, u32),
    Accept,
}

/// A compiled pattern.
#[derive(Debug)]
pub(super) struct Program {
    pub code: Vec<Instruction>,
    pub counters: u32,
    pub cuts: u32,
    pub groups: u32,
}

/// What is left to do.
enum Task {
    Node(NodeId),
    Emit(Instruction),
    /// Fills in the second place of the split at the index with the next place.
    PatchSplit(usize),
    PatchJumps(Vec<usize>),
    /// An alternative is done: jump to the end, then the next one.
    Alternatives(Vec<NodeId>, usize, Vec<usize>, Option<usize>),
    /// The end of a repetition whose begin is at the index.
    RepeatEnd {
        begin: usize,
        counter: u32,
        min: u32,
        max: u32,
        lazy: bool,
    },
    /// Fills in where a negative look goes on.
    PatchLook(usize),
    ConditionalElse(usize, NodeId),
}

const LATER: u32 = u32::MAX;

impl Program {
    /// Compiles a pattern. Nothing if a look-behind has no fixed width, which Python refuses.
    pub fn new(pattern: &Pattern) -> Option<Self> {
        let widths = pattern.widths();
        let mut code: Vec<Instruction> = Vec::new();
        let (mut counters, mut cuts) = (0, 0);
        let mut tasks = vec![Task::Emit(Instruction::Accept), Task::Node(pattern.root)];
        while let Some(task) = tasks.pop() {
            match task {
                Task::Emit(instruction) => code.push(instruction),
                Task::PatchSplit(at) => {
                    let next = code.len() as u32;
                    if let Instruction::Split(_, second) = &mut code[at] {
                        *second = next;
                    }
                }
                Task::PatchJumps(jumps) => {
                    let next = code.len() as u32;
                    for at in jumps {
                        code[at] = Instruction::Jump(next);
                    }
                }
                Task::PatchLook(at) => {
                    let next = code.len() as u32;
                    if let Instruction::LookBegin(_, after) = &mut code[at] {
                        *after = Some(next);
                    }
                }
                Task::Alternatives(branches, index, mut jumps, split) => {
                    if index > 0 {
                        jumps.push(code.len());
                        code.push(Instruction::Jump(LATER));
                    }
                    if let Some(at) = split {
                        let next = code.len() as u32;
                        if let Instruction::Split(_, second) = &mut code[at] {
                            *second = next;
                        }
                    }
                    let branch = branches[index];
                    if index + 1 < branches.len() {
                        let at = code.len();
                        code.push(Instruction::Split(at as u32 + 1, LATER));
                        tasks.push(Task::Alternatives(branches, index + 1, jumps, Some(at)));
                    } else {
                        tasks.push(Task::PatchJumps(jumps));
                    }
                    tasks.push(Task::Node(branch));
                }
                Task::RepeatEnd {
                    begin,
                    counter,
                    min,
                    max,
                    lazy,
                } => {
                    let at = code.len() as u32;
                    code[begin] = Instruction::RepeatBegin(counter, at);
                    code.push(Instruction::RepeatTurn {
                        counter,
                        body: begin as u32 + 1,
                        min,
                        max,
                        lazy,
                    });
                }
                Task::ConditionalElse(at, no) => {
                    let jump = code.len();
                    code.push(Instruction::Jump(LATER));
                    let next = code.len() as u32;
                    if let Instruction::UnlessGroup(_, place) = &mut code[at] {
                        *place = next;
                    }
                    tasks.push(Task::PatchJumps(vec![jump]));
                    tasks.push(Task::Node(no));
                }
                Task::Node(node) => match &pattern.nodes[node as usize] {
                    Node::Empty => {}
                    Node::Set(set) => code.push(Instruction::Set(*set)),
                    Node::Assert(assertion) => code.push(Instruction::Assert(*assertion)),
                    Node::Backreference(group) => code.push(Instruction::Backreference(*group)),
                    Node::Concat(items) => {
                        tasks.extend(items.iter().rev().map(|&item| Task::Node(item)));
                    }
                    Node::Alternate(branches) => {
                        tasks.push(Task::Alternatives(branches.clone(), 0, Vec::new(), None));
                    }
                    Node::Group(group, body) => {
                        code.push(Instruction::Save(group * 2));
                        tasks.push(Task::Emit(Instruction::Save(group * 2 + 1)));
                        tasks.push(Task::Node(*body));
                    }
                    Node::Atomic(body) => {
                        code.push(Instruction::CutBegin(cuts));
                        tasks.push(Task::Emit(Instruction::CutEnd(cuts)));
                        tasks.push(Task::Node(*body));
                        cuts += 1;
                    }
                    Node::Look {
                        body,
                        ahead,
                        negative,
                    } => {
                        let begin = code.len();
                        code.push(Instruction::LookBegin(cuts, None));
                        if !ahead {
                            let (shortest, longest) = widths[*body as usize];
                            if shortest != longest || longest == UNBOUNDED {
                                return None;
                            }
                            code.push(Instruction::Back(shortest));
                        }
                        if *negative {
                            // Any place; the real one follows with the end.
                            code[begin] = Instruction::LookBegin(cuts, Some(LATER));
                            tasks.push(Task::PatchLook(begin));
                            tasks.push(Task::Emit(Instruction::LookFail(cuts)));
                        } else {
                            tasks.push(Task::Emit(Instruction::LookEnd(cuts)));
                        }
                        tasks.push(Task::Node(*body));
                        cuts += 1;
                    }
                    Node::Conditional(group, yes, no) => {
                        let at = code.len();
                        code.push(Instruction::UnlessGroup(*group, LATER));
                        tasks.push(Task::ConditionalElse(at, *no));
                        tasks.push(Task::Node(*yes));
                    }
                    Node::Repeat {
                        body,
                        min,
                        max,
                        greed,
                    } => match pattern.nodes[*body as usize] {
                        Node::Set(set) if (*min, *max) != (1, 1) => {
                            code.push(Instruction::RepeatSet {
                                set,
                                min: *min,
                                max: *max,
                                greed: *greed,
                            });
                        }
                        _ => {
                            if *greed == Greed::Possessive {
                                code.push(Instruction::CutBegin(cuts));
                                tasks.push(Task::Emit(Instruction::CutEnd(cuts)));
                                cuts += 1;
                            }
                            if (*min, *max) == (0, 1) && *greed != Greed::Lazy {
                                let at = code.len();
                                code.push(Instruction::Split(at as u32 + 1, LATER));
                                tasks.push(Task::PatchSplit(at));
                            } else {
                                let begin = code.len();
                                code.push(Instruction::RepeatBegin(counters, LATER));
                                tasks.push(Task::RepeatEnd {
                                    begin,
                                    counter: counters,
                                    min: *min,
                                    max: *max,
                                    lazy: *greed == Greed::Lazy,
                                });
                                counters += 1;
                            }
                            tasks.push(Task::Node(*body));
                        }
                    },
                },
            }
        }
        Some(Self {
            code,
            counters,
            cuts,
            groups: pattern.groups + 1,
        })
    }
}
