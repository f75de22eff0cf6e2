;; The inner loops of L-BFGS-B: products and combinations of the long vectors of up to m pairs, two pairs and two float64
;; lanes at a time, rounded and added in the order of the plain loops. `npm run build:kernel` writes it into kernel.ts.
;;
;; All vectors lie in the memory that Corrections gives. `vectors` points to the addresses (i32) of the vectors' first
;; numbers, y_0, s_0, y_1, s_1 ..; where there is one float64 for each vector, they come in that order too. There are
;; 4 * groups of them. `bytes`, the length gone through, is a multiple of 16: two numbers.
(module
  (memory (import "corrections" "memory") 1 65536)

  ;; productsOfU[k] += vectors[k] . u and productsOfV[k] += vectors[k] . v
  ;; One lane sums up y_j's product and the other s_j's, so that each is added up number by number. Two vectors for one
  ;; reading of the pairs make sums enough to hide the time that each addition takes.
  (func (export "products")
    (param $vectors i32) (param $groups i32) (param $u i32) (param $v i32) (param $bytes i32)
    (param $productsOfU i32) (param $productsOfV i32)
    (local $end i32) (local $y v128) (local $s v128) (local $first v128) (local $second v128)
    (local $u0 v128) (local $u1 v128) (local $v0 v128) (local $v1 v128)
    (local $y0 i32) (local $s0 i32) (local $y1 i32) (local $s1 i32)
    (local $ofU0 v128) (local $ofU1 v128)
    (local $ofV0 v128) (local $ofV1 v128)
    (local.set $end (i32.add (local.get $u) (local.get $bytes)))
    (loop $group
      (local.set $y0 (i32.load offset=0 (local.get $vectors)))
      (local.set $s0 (i32.load offset=4 (local.get $vectors)))
      (local.set $y1 (i32.load offset=8 (local.get $vectors)))
      (local.set $s1 (i32.load offset=12 (local.get $vectors)))
      (local.set $ofU0 (v128.load offset=0 (local.get $productsOfU)))
      (local.set $ofU1 (v128.load offset=16 (local.get $productsOfU)))
      (local.set $ofV0 (v128.load offset=0 (local.get $productsOfV)))
      (local.set $ofV1 (v128.load offset=16 (local.get $productsOfV)))
      (loop $two
        (local.set $u0 (v128.load64_splat offset=0 (local.get $u)))
        (local.set $u1 (v128.load64_splat offset=8 (local.get $u)))
        (local.set $v0 (v128.load64_splat offset=0 (local.get $v)))
        (local.set $v1 (v128.load64_splat offset=8 (local.get $v)))
        (local.set $y (v128.load (local.get $y0)))
        (local.set $s (v128.load (local.get $s0)))
        (local.set $first
          (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23 (local.get $y) (local.get $s)))
        (local.set $second
          (i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31 (local.get $y) (local.get $s)))
        (local.set $ofU0 (f64x2.add (local.get $ofU0) (f64x2.mul (local.get $first) (local.get $u0))))
        (local.set $ofU0 (f64x2.add (local.get $ofU0) (f64x2.mul (local.get $second) (local.get $u1))))
        (local.set $ofV0 (f64x2.add (local.get $ofV0) (f64x2.mul (local.get $first) (local.get $v0))))
        (local.set $ofV0 (f64x2.add (local.get $ofV0) (f64x2.mul (local.get $second) (local.get $v1))))
        (local.set $y (v128.load (local.get $y1)))
        (local.set $s (v128.load (local.get $s1)))
        (local.set $first
          (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23 (local.get $y) (local.get $s)))
        (local.set $second
          (i8x16.shuffle 8 9 10 11 12 13 14 15 24 25 26 27 28 29 30 31 (local.get $y) (local.get $s)))
        (local.set $ofU1 (f64x2.add (local.get $ofU1) (f64x2.mul (local.get $first) (local.get $u0))))
        (local.set $ofU1 (f64x2.add (local.get $ofU1) (f64x2.mul (local.get $second) (local.get $u1))))
        (local.set $ofV1 (f64x2.add (local.get $ofV1) (f64x2.mul (local.get $first) (local.get $v0))))
        (local.set $ofV1 (f64x2.add (local.get $ofV1) (f64x2.mul (local.get $second) (local.get $v1))))
        (local.set $y0 (i32.add (local.get $y0) (i32.const 16)))
        (local.set $s0 (i32.add (local.get $s0) (i32.const 16)))
        (local.set $y1 (i32.add (local.get $y1) (i32.const 16)))
        (local.set $s1 (i32.add (local.get $s1) (i32.const 16)))
        (local.set $u (i32.add (local.get $u) (i32.const 16)))
        (local.set $v (i32.add (local.get $v) (i32.const 16)))
        (br_if $two (i32.ne (local.get $u) (local.get $end))))
      (v128.store offset=0 (local.get $productsOfU) (local.get $ofU0))
      (v128.store offset=16 (local.get $productsOfU) (local.get $ofU1))
      (v128.store offset=0 (local.get $productsOfV) (local.get $ofV0))
      (v128.store offset=16 (local.get $productsOfV) (local.get $ofV1))
      (local.set $u (i32.sub (local.get $u) (local.get $bytes)))
      (local.set $v (i32.sub (local.get $v) (local.get $bytes)))
      (local.set $vectors (i32.add (local.get $vectors) (i32.const 16)))
      (local.set $productsOfU (i32.add (local.get $productsOfU) (i32.const 32)))
      (local.set $productsOfV (i32.add (local.get $productsOfV) (i32.const 32)))
      (local.set $groups (i32.sub (local.get $groups) (i32.const 1)))
      (br_if $group (local.get $groups))))

  ;; v += sum over k of weights[k] * vectors[k]
  (func (export "combination")
    (param $vectors i32) (param $groups i32) (param $v i32) (param $bytes i32) (param $weights i32)
    (local $end i32) (local $sum v128)
    (local $y0 i32) (local $s0 i32) (local $y1 i32) (local $s1 i32)
    (local $ofY0 v128) (local $ofS0 v128) (local $ofY1 v128) (local $ofS1 v128)
    (local.set $end (i32.add (local.get $v) (local.get $bytes)))
    (loop $group
      (local.set $y0 (i32.load offset=0 (local.get $vectors)))
      (local.set $s0 (i32.load offset=4 (local.get $vectors)))
      (local.set $y1 (i32.load offset=8 (local.get $vectors)))
      (local.set $s1 (i32.load offset=12 (local.get $vectors)))
      (local.set $ofY0 (v128.load64_splat offset=0 (local.get $weights)))
      (local.set $ofS0 (v128.load64_splat offset=8 (local.get $weights)))
      (local.set $ofY1 (v128.load64_splat offset=16 (local.get $weights)))
      (local.set $ofS1 (v128.load64_splat offset=24 (local.get $weights)))
      (loop $two
        (local.set $sum (v128.load (local.get $v)))
        (local.set $sum (f64x2.add (local.get $sum) (f64x2.mul (v128.load (local.get $y0)) (local.get $ofY0))))
        (local.set $sum (f64x2.add (local.get $sum) (f64x2.mul (v128.load (local.get $s0)) (local.get $ofS0))))
        (local.set $sum (f64x2.add (local.get $sum) (f64x2.mul (v128.load (local.get $y1)) (local.get $ofY1))))
        (local.set $sum (f64x2.add (local.get $sum) (f64x2.mul (v128.load (local.get $s1)) (local.get $ofS1))))
        (v128.store (local.get $v) (local.get $sum))
        (local.set $y0 (i32.add (local.get $y0) (i32.const 16)))
        (local.set $s0 (i32.add (local.get $s0) (i32.const 16)))
        (local.set $y1 (i32.add (local.get $y1) (i32.const 16)))
        (local.set $s1 (i32.add (local.get $s1) (i32.const 16)))
        (local.set $v (i32.add (local.get $v) (i32.const 16)))
        (br_if $two (i32.ne (local.get $v) (local.get $end))))
      (local.set $v (i32.sub (local.get $v) (local.get $bytes)))
      (local.set $vectors (i32.add (local.get $vectors) (i32.const 16)))
      (local.set $weights (i32.add (local.get $weights) (i32.const 32)))
      (local.set $groups (i32.sub (local.get $groups) (i32.const 1)))
      (br_if $group (local.get $groups)))))
