;; The inner loops of L-BFGS-B: products and combinations of up to 2m long vectors, four vectors and two float64 lanes
;; at a time. `npm run build:kernel` writes it into kernel.ts.
;;
;; All vectors lie in the memory that Corrections gives. `vectors` points to the address of each vector's first number
;; (i32 each), `coefficients` to one float64 for each vector; their number is a multiple of 4 (4 * groups). `bytes`, the
;; length gone through, is a multiple of 32 (four numbers).
(module
  (memory (import "corrections" "memory") 1 65536)

  ;; coefficients[j] = vectors[j] . v
  ;; Two accumulators a vector, of two lanes each, so that no addition waits for the one before.
  (func (export "products")
    (param $vectors i32) (param $groups i32) (param $v i32) (param $bytes i32) (param $coefficients i32)
    (local $a0 i32) (local $a1 i32) (local $a2 i32) (local $a3 i32) (local $end i32)
    (local $v0 v128) (local $v2 v128)
    (local $even0 v128) (local $even1 v128) (local $even2 v128) (local $even3 v128)
    (local $odd0 v128) (local $odd1 v128) (local $odd2 v128) (local $odd3 v128)
    (local.set $end (i32.add (local.get $v) (local.get $bytes)))
    (loop $group
      (local.set $a0 (i32.load offset=0 (local.get $vectors)))
      (local.set $a1 (i32.load offset=4 (local.get $vectors)))
      (local.set $a2 (i32.load offset=8 (local.get $vectors)))
      (local.set $a3 (i32.load offset=12 (local.get $vectors)))
      (local.set $even0 (v128.const f64x2 0 0))
      (local.set $even1 (v128.const f64x2 0 0))
      (local.set $even2 (v128.const f64x2 0 0))
      (local.set $even3 (v128.const f64x2 0 0))
      (local.set $odd0 (v128.const f64x2 0 0))
      (local.set $odd1 (v128.const f64x2 0 0))
      (local.set $odd2 (v128.const f64x2 0 0))
      (local.set $odd3 (v128.const f64x2 0 0))
      (loop $four
        (local.set $v0 (v128.load offset=0 (local.get $v)))
        (local.set $v2 (v128.load offset=16 (local.get $v)))
        (local.set $even0
          (f64x2.add (local.get $even0) (f64x2.mul (v128.load offset=0 (local.get $a0)) (local.get $v0))))
        (local.set $odd0
          (f64x2.add (local.get $odd0) (f64x2.mul (v128.load offset=16 (local.get $a0)) (local.get $v2))))
        (local.set $even1
          (f64x2.add (local.get $even1) (f64x2.mul (v128.load offset=0 (local.get $a1)) (local.get $v0))))
        (local.set $odd1
          (f64x2.add (local.get $odd1) (f64x2.mul (v128.load offset=16 (local.get $a1)) (local.get $v2))))
        (local.set $even2
          (f64x2.add (local.get $even2) (f64x2.mul (v128.load offset=0 (local.get $a2)) (local.get $v0))))
        (local.set $odd2
          (f64x2.add (local.get $odd2) (f64x2.mul (v128.load offset=16 (local.get $a2)) (local.get $v2))))
        (local.set $even3
          (f64x2.add (local.get $even3) (f64x2.mul (v128.load offset=0 (local.get $a3)) (local.get $v0))))
        (local.set $odd3
          (f64x2.add (local.get $odd3) (f64x2.mul (v128.load offset=16 (local.get $a3)) (local.get $v2))))
        (local.set $a0 (i32.add (local.get $a0) (i32.const 32)))
        (local.set $a1 (i32.add (local.get $a1) (i32.const 32)))
        (local.set $a2 (i32.add (local.get $a2) (i32.const 32)))
        (local.set $a3 (i32.add (local.get $a3) (i32.const 32)))
        (local.set $v (i32.add (local.get $v) (i32.const 32)))
        (br_if $four (i32.ne (local.get $v) (local.get $end))))
      (f64.store offset=0 (local.get $coefficients)
        (call $sum (f64x2.add (local.get $even0) (local.get $odd0))))
      (f64.store offset=8 (local.get $coefficients)
        (call $sum (f64x2.add (local.get $even1) (local.get $odd1))))
      (f64.store offset=16 (local.get $coefficients)
        (call $sum (f64x2.add (local.get $even2) (local.get $odd2))))
      (f64.store offset=24 (local.get $coefficients)
        (call $sum (f64x2.add (local.get $even3) (local.get $odd3))))
      (local.set $v (i32.sub (local.get $v) (local.get $bytes)))
      (local.set $vectors (i32.add (local.get $vectors) (i32.const 16)))
      (local.set $coefficients (i32.add (local.get $coefficients) (i32.const 32)))
      (local.set $groups (i32.sub (local.get $groups) (i32.const 1)))
      (br_if $group (local.get $groups))))

  (func $sum (param $lanes v128) (result f64)
    (f64.add (f64x2.extract_lane 0 (local.get $lanes)) (f64x2.extract_lane 1 (local.get $lanes))))

  ;; v += sum over j of coefficients[j] * vectors[j]
  (func (export "combination")
    (param $vectors i32) (param $groups i32) (param $v i32) (param $bytes i32) (param $coefficients i32)
    (local $a0 i32) (local $a1 i32) (local $a2 i32) (local $a3 i32) (local $end i32)
    (local $of0 v128) (local $of1 v128) (local $of2 v128) (local $of3 v128)
    (local.set $end (i32.add (local.get $v) (local.get $bytes)))
    (loop $group
      (local.set $a0 (i32.load offset=0 (local.get $vectors)))
      (local.set $a1 (i32.load offset=4 (local.get $vectors)))
      (local.set $a2 (i32.load offset=8 (local.get $vectors)))
      (local.set $a3 (i32.load offset=12 (local.get $vectors)))
      (local.set $of0 (v128.load64_splat offset=0 (local.get $coefficients)))
      (local.set $of1 (v128.load64_splat offset=8 (local.get $coefficients)))
      (local.set $of2 (v128.load64_splat offset=16 (local.get $coefficients)))
      (local.set $of3 (v128.load64_splat offset=24 (local.get $coefficients)))
      (loop $two
        (v128.store (local.get $v)
          (f64x2.add
            (v128.load (local.get $v))
            (f64x2.add
              (f64x2.add
                (f64x2.mul (v128.load (local.get $a0)) (local.get $of0))
                (f64x2.mul (v128.load (local.get $a1)) (local.get $of1)))
              (f64x2.add
                (f64x2.mul (v128.load (local.get $a2)) (local.get $of2))
                (f64x2.mul (v128.load (local.get $a3)) (local.get $of3))))))
        (local.set $a0 (i32.add (local.get $a0) (i32.const 16)))
        (local.set $a1 (i32.add (local.get $a1) (i32.const 16)))
        (local.set $a2 (i32.add (local.get $a2) (i32.const 16)))
        (local.set $a3 (i32.add (local.get $a3) (i32.const 16)))
        (local.set $v (i32.add (local.get $v) (i32.const 16)))
        (br_if $two (i32.ne (local.get $v) (local.get $end))))
      (local.set $v (i32.sub (local.get $v) (local.get $bytes)))
      (local.set $vectors (i32.add (local.get $vectors) (i32.const 16)))
      (local.set $coefficients (i32.add (local.get $coefficients) (i32.const 32)))
      (local.set $groups (i32.sub (local.get $groups) (i32.const 1)))
      (br_if $group (local.get $groups)))))
