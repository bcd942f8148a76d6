//! Every kind of vector against plain numbers, bit by bit.

use super::*;
use crate::numeric::{Real, TanhConstants, tanh};

/// Numbers with everything in them that arithmetic treats on its own.
fn samples() -> Vec<f64> {
    let mut samples = vec![
        0.0,
        -0.0,
        1.0,
        -1.5,
        0.1,
        1e-40,
        -3e38,
        1e300,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::NAN,
        f64::MIN_POSITIVE / 8.0,
        0.45,
        9.3,
        -19.6,
        0.449_999_99,
    ];
    samples.extend((0..48).map(|i| (f64::from(i) - 20.3) * 0.37));
    samples
}

/// NaN has many bits, and which of them comes out is not specified.
fn same<F: Real>(a: F, b: F) -> bool {
    let (a, b) = (a.to_f64(), b.to_f64());
    a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan())
}

/// How many results each number has in [`results`].
const OPERATIONS: usize = 11;

/// The results of every operation, number by number.
fn results<F: Real, V: Vector<F>>(token: V::Token) -> Vec<F> {
    let values: Vec<F> = samples().iter().map(|&x| F::from_f64(x)).collect();
    let mut results = Vec::new();
    for shift in 0..values.len() {
        let mut others = values.clone();
        others.rotate_left(shift);
        for (a, b) in values.chunks(V::WIDTH).zip(others.chunks(V::WIDTH)) {
            let (a, b) = (V::load(token, a), V::load(token, b));
            let all = [
                a + b,
                a - b,
                a * b,
                a / b,
                a.abs(),
                a.abs().with_sign_of(b),
                V::select(a.less(b), a, b),
                a.mul_add(b, a),
                a.mul_from(b, a),
                (a.abs() + V::splat(token, F::MAGIC)).power_of_low_bits(),
                tanh::<F, V>(token, a),
            ];
            // Number by number, whatever the width: first all results of the first number.
            let mut stored = vec![vec![F::ZERO; V::WIDTH]; all.len()];
            for (result, stored) in all.iter().zip(&mut stored) {
                result.store(stored);
            }
            for i in 0..V::WIDTH {
                results.extend(stored.iter().map(|stored| stored[i]));
            }
        }
    }
    results
}

fn assert_like_one<F: Real, V: Vector<F>>(token: V::Token) {
    let expected = results::<F, F::One>(Always);
    let found = results::<F, V>(token);
    assert_eq!(found.len(), expected.len());
    for (i, (&found, &expected)) in found.iter().zip(&expected).enumerate() {
        assert!(
            same(found, expected),
            "operation {} of number {}: {found:?}, not {expected:?}",
            i % OPERATIONS,
            i / OPERATIONS % samples().len()
        );
    }
}

#[test]
fn the_plain_operations_are_those_of_the_language() {
    let values = samples();
    let found = results::<f64, Portable<f64, 1>>(Always);
    let mut found = found.chunks(OPERATIONS);
    for shift in 0..values.len() {
        for (i, &a) in values.iter().enumerate() {
            let b = values[(i + shift) % values.len()];
            let expected = [
                a + b,
                a - b,
                a * b,
                a / b,
                a.abs(),
                a.abs().copysign(b),
                if a < b { a } else { b },
                a.mul_add(b, a),
                (-a).mul_add(b, a),
            ];
            for (&found, &expected) in found.next().unwrap().iter().zip(&expected) {
                assert!(same(found, expected), "{found:?}, not {expected:?}");
            }
        }
    }
    let power = |k: f64| {
        let mut result = [0.0];
        let shifted = Portable::<f64, 1>::load(Always, &[k + <f64 as TanhConstants>::MAGIC]);
        shifted.power_of_low_bits().store(&mut result);
        result[0]
    };
    assert_eq!([power(0.0), power(5.0), power(-1.0)], [1.0, 32.0, 0.5]);
}

#[test]
fn all_widths_give_the_same_bits() {
    assert_like_one::<f32, Portable<f32, 4>>(Always);
    assert_like_one::<f64, Portable<f64, 4>>(Always);
    assert_like_one::<f32, Pair<Portable<f32, 4>>>(Always);
    #[cfg(all(target_arch = "aarch64", not(miri)))]
    {
        assert_like_one::<f32, <f32 as Vectors>::V128>(Always);
        assert_like_one::<f64, <f64 as Vectors>::V128>(Always);
    }
}

#[cfg(all(target_arch = "x86_64", not(miri)))]
#[test]
fn wide_vectors_give_the_same_bits() {
    // Compiled for the instructions, as the kernels are.
    #[target_feature(enable = "avx2,fma")]
    unsafe fn avx2() {
        // SAFETY: the caller has found AVX2 and FMA.
        let token = unsafe { Avx2::found() };
        assert_like_one::<f32, <f32 as Vectors>::V128>(token);
        assert_like_one::<f64, <f64 as Vectors>::V128>(token);
        assert_like_one::<f32, <f32 as Vectors>::V256>(token);
        assert_like_one::<f64, <f64 as Vectors>::V256>(token);
    }
    #[target_feature(enable = "avx512f,avx512dq,avx512vl")]
    unsafe fn avx512() {
        // SAFETY: the caller has found AVX-512.
        let token = unsafe { Avx512::found() };
        assert_like_one::<f32, <f32 as Vectors>::V512>(token);
        assert_like_one::<f64, <f64 as Vectors>::V512>(token);
    }
    let available = Path::available();
    if available.contains(&Path::Avx2) {
        // SAFETY: the CPU has it.
        unsafe { avx2() };
    }
    if available.contains(&Path::Avx512) {
        // SAFETY: the CPU has it.
        unsafe { avx512() };
    }
}

#[test]
#[should_panic(expected = "range end index 4")]
fn a_load_past_the_end_is_refused() {
    Portable::<f32, 4>::load(Always, &[1.0; 3]);
}
