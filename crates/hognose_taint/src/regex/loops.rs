//! The loops of an automaton.

use super::automaton::{Automaton, State};

/// For each state the number of its loop: of its strongly connected component with an edge inside (Tarjan, without
/// recursion).
pub(super) fn loops(automaton: &Automaton) -> Vec<Option<u32>> {
    const NEW: u32 = u32::MAX;
    let count = automaton.len();
    let mut index = vec![NEW; count];
    let mut low = vec![0_u32; count];
    let mut on_stack = vec![false; count];
    let mut component: Vec<Option<u32>> = vec![None; count];
    let (mut next, mut components) = (0, 0);
    let mut stack: Vec<State> = Vec::new();
    for root in 0..count as State {
        if index[root as usize] != NEW {
            continue;
        }
        let mut calls: Vec<(State, usize)> = vec![(root, 0)];
        while let Some(&mut (state, ref mut step)) = calls.last_mut() {
            let at = state as usize;
            if *step == 0 {
                index[at] = next;
                low[at] = next;
                next += 1;
                stack.push(state);
                on_stack[at] = true;
            }
            if let Some(edge) = automaton.steps(state).get(*step) {
                *step += 1;
                let to = edge.to as usize;
                if index[to] == NEW {
                    calls.push((edge.to, 0));
                } else if on_stack[to] {
                    low[at] = low[at].min(index[to]);
                }
                continue;
            }
            calls.pop();
            if let Some(&(caller, _)) = calls.last() {
                low[caller as usize] = low[caller as usize].min(low[at]);
            }
            if low[at] == index[at] {
                let mut members = Vec::new();
                while let Some(member) = stack.pop() {
                    on_stack[member as usize] = false;
                    members.push(member);
                    if member == state {
                        break;
                    }
                }
                let is_loop =
                    members.len() > 1 || automaton.steps(state).iter().any(|edge| edge.to == state);
                if is_loop {
                    for member in members {
                        component[member as usize] = Some(components);
                    }
                    components += 1;
                }
            }
        }
    }
    component
}
