//! How bad a vulnerability is by CVSS.

use std::str::FromStr as _;

use cvss::Cvss;

use super::osv;
use super::stored::Score;

/// The scores of the vectors that can be read, the newest version of CVSS first, and the highest of each.
pub(super) fn scores<'a>(given: impl IntoIterator<Item = &'a osv::Severity>) -> Vec<Score> {
    let mut scores: Vec<(u8, Score)> = given
        .into_iter()
        .filter_map(|severity| {
            let vector = severity.score.trim();
            let cvss = Cvss::from_str(vector).ok()?;
            let rank = match &cvss {
                Cvss::CvssV40(_) => 0,
                Cvss::CvssV31(_) => 1,
                Cvss::CvssV30(_) => 2,
                _ => 3,
            };
            let tenths = (cvss.score() * 10.0).round() as u8;
            let vector = vector.to_owned();
            Some((rank, Score { vector, tenths }))
        })
        .collect();
    scores.sort_by(|(rank, a), (other, b)| {
        (rank, b.tenths, &a.vector).cmp(&(other, a.tenths, &b.vector))
    });
    scores.dedup();
    scores.into_iter().map(|(_, score)| score).collect()
}

#[cfg(test)]
mod tests {
    use super::super::osv::Severity;
    use super::scores;

    fn tenths(vectors: &[&str]) -> Vec<u8> {
        let given: Vec<Severity> = vectors
            .iter()
            .map(|vector| Severity {
                kind: String::new(),
                score: (*vector).to_owned(),
            })
            .collect();
        scores(&given).iter().map(|score| score.tenths).collect()
    }

    #[test]
    fn the_newest_standard_comes_first() {
        // Scores by the calculators of FIRST.
        assert_eq!(
            tenths(&[
                "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
                "CVSS:3.0/AV:N/AC:H/PR:L/UI:N/S:U/C:H/I:N/A:N",
                "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N",
            ]),
            [93, 98, 53]
        );
    }

    #[test]
    fn what_is_no_vector_is_left_out() {
        assert!(tenths(&["high", "CVSS:9.0/AV:N", "", "7.5"]).is_empty());
    }
}
