/* Lives of all borrowers on a path, as simulator/kernels/life_events.py computes them, in plain C.
 *
 * Philox4x32-10 (Salmon et al., SC 2011) and the transitions of docs/model.md, section 3; the same
 * blocks as the kernel, so that the compiler may vectorise the same loops. Compile without
 * contraction into fused operations: the results are compared bit by bit.
 */
#include <stdint.h>

#define CHUNK 256
enum { EMPLOYED = 0, REDUCED = 1, UNEMPLOYED = 2 };
enum { ILL = 4, HIT = 8, CLOSED = 16, ILL_ONSET = 32, HIT_ONSET = 64 };
enum { HOSPITAL = 128, HOSPITAL_ONSET = 256, WEAKENED = 512, LASTING_BITS = 10 };
enum { ON = HOSPITAL | 63 << LASTING_BITS };
enum { HOSPITAL_GROUP = 24, HOSPITAL_MONTHS = 4, LASTING_GROUP = 25, LASTING = 0 };

typedef struct {
    double separation[3][3], finding[3][3], cut_hazard[3], closure[3], illness_factor;
} month_t;

typedef struct {
    double restore_rate, illness_mean_months, disaster_mean_months;
    double hospital_mean_months, hospital_lasting_share, hospital_fade_months;
} rules_t;

static void fill_units(const uint64_t *ids, int n, uint32_t month, uint32_t path, uint64_t seed,
                       double u[4][CHUNK])
{
    for (int row = 0; row < n; row++) {
        uint32_t c0 = (uint32_t)ids[row], c1 = (uint32_t)(ids[row] >> 32), c2 = month, c3 = path;
        uint32_t k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);
        for (int round = 0; round < 10; round++) {
            uint64_t p0 = (uint64_t)0xD2511F53u * c0, p1 = (uint64_t)0xCD9E8D57u * c2;
            uint32_t n0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0, n2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
            c0 = n0;
            c1 = (uint32_t)p1;
            c2 = n2;
            c3 = (uint32_t)p0;
            k0 += 0x9E3779B9u;
            k1 += 0xBB67AE85u;
        }
        u[0][row] = (c0 + 0.5) * 0x1p-32;
        u[1][row] = (c1 + 0.5) * 0x1p-32;
        u[2][row] = (c2 + 0.5) * 0x1p-32;
        u[3][row] = (c3 + 0.5) * 0x1p-32;
    }
}

static int next_work(int state, double u, double separation, double finding, double cut,
                     double restore)
{
    if (state == UNEMPLOYED)
        return u < finding ? EMPLOYED : UNEMPLOYED;
    if (u < separation)
        return UNEMPLOYED;
    double kept = 1.0 - separation;
    if (state == EMPLOYED)
        return u < separation + kept * cut ? REDUCED : EMPLOYED;
    return u < separation + kept * restore ? EMPLOYED : REDUCED;
}

static double one_unit(uint64_t id, uint32_t month, int draw, uint32_t path, uint64_t seed)
{
    double u[4][CHUNK];
    fill_units(&id, 1, month | LASTING_GROUP << 16, path, seed, u);
    return u[draw][0];
}

static int lasting_bits(int k, int fade)
{
    return k == 0 ? 0 : k << LASTING_BITS | (2 * (k - 1) < fade ? WEAKENED : 0);
}

static int next_hospital(const rules_t *r, int life, double p_admit, double u, uint64_t id,
                         uint32_t month, uint32_t path, uint64_t seed)
{
    int was_in = life & HOSPITAL, k = life >> LASTING_BITS, fade = (int)r->hospital_fade_months;
    int bits = 0;
    k = 0 < k && k < fade ? k + 1 : 0;
    if (was_in ? !(u < 1.0 / r->hospital_mean_months) : u < p_admit)
        bits = was_in ? HOSPITAL : HOSPITAL | HOSPITAL_ONSET;
    else if (was_in && one_unit(id, month, LASTING, path, seed) < r->hospital_lasting_share)
        k = 1;
    return bits | lasting_bits(k, fade);
}

static int next_life(const rules_t *r, const month_t *w, int life, int worker, int kind,
                     double p_ill, double p_hit, double u_work, double u_health, double u_hit, double u_closure)
{
    int next = next_work(life & 3, u_work, w->separation[worker][kind],
                         w->finding[worker][kind], w->cut_hazard[kind], r->restore_rate);
    int was_ill = life & ILL, was_hit = life & HIT;
    if (was_ill ? !(u_health < 1.0 / r->illness_mean_months) : u_health < p_ill)
        next |= was_ill ? ILL : ILL | ILL_ONSET;
    if (was_hit ? !(u_hit < 1.0 / r->disaster_mean_months) : u_hit < p_hit)
        next |= was_hit ? HIT : HIT | HIT_ONSET;
    if (u_closure < w->closure[kind])
        next |= CLOSED;
    return next;
}

/* life: (horizon + 1, n), disaster: (horizon + 1, n_regions) */
void simulate_lives(int64_t n, int64_t horizon, const uint64_t *ids, const int16_t *arrivals,
                    const uint8_t *regions, const uint8_t *kinds, const uint8_t *workers,
                    const uint16_t *openings, const double *p_ills, const double *p_admits,
                    const month_t *months, const double *disaster,
                    int64_t n_regions, const rules_t *rules, uint64_t seed, uint32_t path,
                    uint16_t *life)
{
    double u[4][CHUNK], u_hospital[4][CHUNK];
    for (int64_t start = 0; start < n; start += CHUNK) {
        int size = (int)(n - start < CHUNK ? n - start : CHUNK);
        for (int64_t t = 0; t <= horizon; t++) {
            const month_t *w = &months[t];
            uint16_t *now = life + t * n + start;
            fill_units(ids + start, size, (uint32_t)t, path, seed, u);
            if (t % HOSPITAL_MONTHS == 0)
                fill_units(ids + start, size,
                           (uint32_t)(t / HOSPITAL_MONTHS) | HOSPITAL_GROUP << 16, path, seed,
                           u_hospital);
            for (int k = 0; k < size; k++) {
                int64_t row = start + k;
                int kind = kinds[row], next = 0;
                double p_ill = p_ills[row] * w->illness_factor;
                p_ill = p_ill < 1.0 ? p_ill : 1.0;
                if (t == 0)
                    next = arrivals[row] <= 0 ? openings[row] : 0;
                else if (t > arrivals[row])
                    next = next_life(rules, w, now[k - n], workers[row], kind, p_ill,
                                     disaster[t * n_regions + regions[row]], u[0][k], u[1][k],
                                     u[2][k], u[3][k]);
                now[k] = (uint16_t)next;
            }
            for (int k = 0; k < size; k++) {
                int64_t row = start + k;
                double p_admit = p_admits[row] * w->illness_factor;
                double u_stay = u_hospital[t % HOSPITAL_MONTHS][k];
                p_admit = p_admit < 1.0 ? p_admit : 1.0;
                if (t > 0 && t > arrivals[row]) {
                    int before = now[k - n];
                    if ((before & ON) || u_stay < p_admit)
                        now[k] |= (uint16_t)next_hospital(rules, before, p_admit, u_stay, ids[row],
                                                          (uint32_t)t, path, seed);
                }
            }
        }
    }
}
